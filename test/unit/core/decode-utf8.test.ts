import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { decodeUtf8 } from "../../../src/core/decode-utf8.ts";

describe("decodeUtf8()", () => {
  it("makes of bytes what toString makes of them, however many there are", () => {
    for (const piece of ["a", "é", "字", "😀", "a\u0000\ufeff\u2028"])
      for (const times of [0, 1, 100, 100_000]) {
        const bytes = Buffer.from(piece.repeat(times));
        assert.equal(decodeUtf8(bytes), bytes.toString("utf8"));
      }
    for (const wrong of [0xff, 0xc3, 0xe5, 0xed]) {
      const bytes = Buffer.alloc(100_000, "é");
      bytes[50_000] = wrong;
      bytes[bytes.length - 1] = wrong;
      assert.equal(decodeUtf8(bytes), bytes.toString("utf8"));
    }
  });

  it("decodes a view into larger memory, shared or not", () => {
    const shared = Buffer.from(new SharedArrayBuffer(200_001));
    shared.fill("é", 1);
    assert.equal(decodeUtf8(shared.subarray(1)), "é".repeat(100_000));
  });
});
