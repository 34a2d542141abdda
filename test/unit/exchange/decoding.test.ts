import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { ContentDecoder } from "../../../src/core/content-decoder.ts";
import { wholeAnswerBytesMax } from "../../../src/dialect/whole-response.ts";
import { decodeInSlices } from "../../../src/exchange/answer/decoding.ts";

const bytes = wholeAnswerBytesMax + 1_000_000;

describe("an encoded piece of a stream", () => {
  it("may become more than a whole answer may have, and is handed on slice by slice", async () => {
    const piece = gzipSync(Buffer.alloc(bytes, "0123456789"), { level: 0 });
    const decoder = new ContentDecoder("gzip", wholeAnswerBytesMax);
    let decodedBytes = 0;
    let largest = 0;
    const ends: boolean[] = [];
    await decodeInSlices(decoder, piece, true, (plain, last) => {
      decodedBytes += plain.length;
      largest = Math.max(largest, plain.length);
      if (last) ends.push(last);
      return Promise.resolve(false);
    });
    decoder.close();
    assert.equal(decodedBytes, bytes);
    assert.deepEqual(ends, [true]);
    assert.ok(largest < bytes / 50, String(largest));
  });

  it("is decoded no further than somebody wants it", async () => {
    const decoder = new ContentDecoder("gzip", wholeAnswerBytesMax);
    let slices = 0;
    await decodeInSlices(decoder, gzipSync(Buffer.alloc(bytes, "0"), { level: 0 }), true, () => {
      slices += 1;
      return Promise.resolve(slices === 2);
    });
    decoder.close();
    assert.equal(slices, 2);
  });
});
