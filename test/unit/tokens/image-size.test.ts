import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { imageSizeOf } from "../../../src/tokens/media/image-size.ts";

function sizeOf(image: Buffer, prefix = ""): unknown {
  const body = Buffer.from(`{"url":"${prefix}${image.toString("base64")}"}`);
  return imageSizeOf(body, 8, body.length - 2);
}

const png = Buffer.concat([
  Buffer.from("89504e470d0a1a0a0000000d49484452", "hex"),
  Buffer.from([0, 0, 4, 0, 0, 0, 3, 0, 8, 6, 0, 0, 0]),
]);
const gif = Buffer.from("474946383961400101010000", "hex");
const jpeg = (app: number) =>
  Buffer.concat([
    Buffer.from([0xff, 0xd8, 0xff, 0xe1, (app + 2) >> 8, (app + 2) & 0xff]),
    Buffer.alloc(app, 0x11),
    Buffer.from([0xff, 0xc2, 0, 17, 8, 0x02, 0x58, 0x03, 0x20, 3, 0, 0, 0, 0]),
  ]);

function webp(kind: string, payload: number[]): Buffer {
  const head = Buffer.from(`RIFF....WEBP${kind}....`, "latin1");
  return Buffer.concat([head, Buffer.from(payload), Buffer.alloc(16)]);
}

describe("imageSizeOf()", () => {
  it("reads the size of each format from its head", () => {
    assert.deepEqual(sizeOf(png), { width: 1024, height: 768 });
    assert.deepEqual(sizeOf(jpeg(10)), { width: 800, height: 600 });
    assert.deepEqual(sizeOf(webp("VP8X", [0, 0, 0, 0, 0xff, 0x03, 0, 0xff, 0x01, 0])), {
      width: 1024,
      height: 512,
    });
    assert.deepEqual(sizeOf(webp("VP8L", [0x2f, 0xff, 0xc3, 0x3f, 0])), { width: 1024, height: 256 });
    assert.deepEqual(sizeOf(webp("VP8 ", [0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01])), {
      width: 640,
      height: 480,
    });
  });

  it("looks past the head of a data URL and past what a camera writes first", () => {
    assert.deepEqual(sizeOf(png, "data:image/png;base64,"), { width: 1024, height: 768 });
    assert.deepEqual(sizeOf(jpeg(60_000)), { width: 800, height: 600 });
  });

  it("knows no size of anything else, however short or wrong", () => {
    for (const image of [
      Buffer.alloc(0),
      Buffer.from("%PDF-1.7"),
      gif,
      png.subarray(0, 20),
      jpeg(10).subarray(0, 12),
      Buffer.alloc(64, 0xff),
    ]) {
      assert.equal(sizeOf(image), undefined);
    }
    const noSize = Buffer.from(png);
    noSize.fill(0, 16, 24);
    assert.equal(sizeOf(noSize), undefined);
  });

  it("believes no size that is too small for the file", () => {
    const tiny = Buffer.from(png);
    tiny.writeUInt32BE(1, 16);
    tiny.writeUInt32BE(1, 20);
    assert.deepEqual(sizeOf(tiny), { width: 1, height: 1 });
    for (const image of [tiny, webp("VP8X", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0])])
      assert.equal(sizeOf(Buffer.concat([image, Buffer.alloc(1_000_000)])), undefined);
  });

  it("reads nothing beyond the bytes it is given", () => {
    const body = Buffer.from(`"${png.toString("base64")}"`);
    assert.equal(imageSizeOf(body, 1, 17), undefined);
  });
});
