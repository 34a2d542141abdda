import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { audioSecondsOf, documentPagesOf, videoSecondsOf } from "../../../src/tokens/media-length.ts";

/** A body with base64 inside a string, and where it stands. */
function bodyWith(file: Buffer, head = ""): [body: Buffer, start: number, end: number] {
  const body = Buffer.from(`{"data":"${head}${file.toString("base64")}"}`);
  return [body, 9, body.length - 2];
}

describe("audioSecondsOf()", () => {
  it("goes by the byte rate that a WAV says", () => {
    const wav = Buffer.alloc(48_000 * 2);
    wav.write("RIFF", 0, "latin1");
    wav.writeUInt32LE(48_000, 28);
    assert.ok(Math.abs(audioSecondsOf(...bodyWith(wav), "wav") - 2) < 0.01);
    wav.writeUInt32LE(0xffffffff, 28);
    assert.ok(audioSecondsOf(...bodyWith(wav), "wav") > 0.1, "a rate that cannot be hides no sound");
  });

  it("takes other formats to be long rather than short", () => {
    assert.ok(audioSecondsOf(...bodyWith(Buffer.alloc(8_000)), "audio/mpeg") >= 2);
    assert.ok(audioSecondsOf(...bodyWith(Buffer.alloc(8_000)), "unheard-of") >= 4);
  });
});

describe("videoSecondsOf()", () => {
  it("grows with the film", () => assert.ok(videoSecondsOf(0, 1_000_000) > 20));
});

describe("documentPagesOf()", () => {
  const page = "1 0 obj << /Type /Page /Parent 2 0 R >> endobj ";
  const pages = "2 0 obj << /Type/Pages /Count 3 >> endobj 3 0 obj << /PageLayout /OneColumn >> endobj ";

  it("counts the pages that a PDF shows", () => {
    const pdf = Buffer.from(`%PDF-1.4 ${pages}${page.repeat(3)}${"x".repeat(100_000)}`);
    assert.equal(documentPagesOf(...bodyWith(pdf)), 3);
    assert.equal(documentPagesOf(...bodyWith(pdf, "data:application/pdf;base64,")), 3);
  });

  it("takes what shows none by its size, however large it is", () => {
    assert.equal(documentPagesOf(...bodyWith(Buffer.from(`%PDF-1.7 ${"x".repeat(40_000)}`))), 10);
    assert.ok(documentPagesOf(...bodyWith(Buffer.alloc(100))) >= 1);
    assert.ok(documentPagesOf(Buffer.alloc(0), 0, 1e12) <= 10_000);
  });

  it("takes the rest of a long document to be like its beginning", () => {
    const pdf = Buffer.from(`%PDF-1.4 ${`${page}${"x".repeat(100_000)}`.repeat(60)}`);
    assert.ok(Math.abs(documentPagesOf(...bodyWith(pdf)) - 60) <= 2);
  });
});
