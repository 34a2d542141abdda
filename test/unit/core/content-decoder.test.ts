import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as zlib from "node:zlib";
import { ContentDecoder, isDecodable } from "../../../src/core/content-decoder.ts";

const pieceBytesMax = 64 << 20;
const text = Buffer.from(Array.from({ length: 300 }, (_, at) => `data: {"n":${at}}\n\n`).join(""));
const { zstdCompressSync } = zlib as { readonly zstdCompressSync?: (bytes: Buffer) => Buffer };
const encoded: Readonly<Record<string, Buffer>> = {
  gzip: zlib.gzipSync(text),
  br: zlib.brotliCompressSync(text),
  ...(zstdCompressSync === undefined ? {} : { zstd: zstdCompressSync(text) }),
};

async function decode(encoding: string, pieces: readonly Buffer[]): Promise<Buffer> {
  const decoder = new ContentDecoder(encoding, pieceBytesMax);
  try {
    const out: Buffer[] = [];
    for (const [at, piece] of pieces.entries()) out.push(await decoder.push(piece, at === pieces.length - 1));
    return Buffer.concat(out);
  } finally {
    decoder.close();
  }
}

describe("ContentDecoder", () => {
  for (const [encoding, bytes] of Object.entries(encoded)) {
    it(`decodes ${encoding} wherever it is cut`, async () => {
      for (let at = 1; at < bytes.length; at += 7)
        assert.deepEqual(await decode(encoding, [bytes.subarray(0, at), bytes.subarray(at)]), text);
      const alone = Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
      assert.deepEqual(await decode(encoding, [...alone, Buffer.alloc(0)]), text);
    });

    it(`refuses ${encoding} that is cut short, damaged, or something else`, async () => {
      for (const bad of [bytes.subarray(0, -9), Buffer.from("no such thing at all"), Buffer.alloc(0)])
        await assert.rejects(decode(encoding, [bad, Buffer.alloc(0)]), { code: "upstream_invalid" });
    });
  }

  it("gives each piece what was flushed with it, not later", async () => {
    const gzip = zlib.createGzip();
    const flushed = (piece: string): Promise<Buffer> =>
      new Promise((resolve) => {
        gzip.write(piece);
        gzip.flush(() => resolve(gzip.read() as Buffer));
      });
    const decoder = new ContentDecoder("gzip", pieceBytesMax);
    for (const piece of ["one", "two", "three"])
      assert.equal((await decoder.push(await flushed(piece), false)).toString(), piece);
    decoder.close();
    gzip.destroy();
  });

  it("stops at a bomb long before it is whole", async () => {
    const bomb = zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024));
    await assert.rejects(decode("gzip", [bomb]), { code: "upstream_invalid" });
  });

  it("takes a piece that becomes as much as it may, and calls one that becomes more too large", async () => {
    const bytes = 1 << 20;
    const piece = zlib.gzipSync(Buffer.alloc(bytes), { level: 0 });
    for (const [max, code] of [
      [bytes, undefined],
      [bytes - 1, "response_too_large"],
    ] as const) {
      const decoder = new ContentDecoder("gzip", max);
      const decoded = decoder.push(piece, true);
      if (code === undefined) assert.equal((await decoded).length, bytes);
      else await assert.rejects(decoded, { code });
      decoder.close();
    }
  });

  it("knows what it cannot decode", () => {
    for (const encoding of ["deflate", "gzip, br", "compress", ""]) assert.ok(!isDecodable(encoding));
    assert.ok(isDecodable("GZIP"));
  });
});
