import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SecretMask } from "../../../src/exchange/answer/masking.ts";
import { secretsIn } from "../../../src/provider/secrets-in.ts";

const secrets = secretsIn([
  ["authorization", "Bearer sk-0123456789-abcdef"],
  ["x-api-key", "key-0123456789-ghijkl"],
  ["x-goog-api-key", "short"],
  ["accept", "application/json-and-more"],
]);
const answer =
  "bad sk-0123456789-abcdef, or key-0123456789-ghijkl; sk-0123456789-abcdefsk-0123 key-sk-0123456789-abcde";
const expected = `bad ${"*".repeat(20)}, or ${"*".repeat(21)}; ${"*".repeat(20)}sk-0123 key-sk-0123456789-abcde`;

/** What a client gets of an answer that comes in these pieces. */
async function passed(pieces: readonly Buffer[], by = new SecretMask(secrets)): Promise<string> {
  const out: Buffer[] = [];
  for (const [index, piece] of pieces.entries()) out.push(await by.push(piece, index === pieces.length - 1));
  return Buffer.concat(out).toString("latin1");
}

describe("SecretMask", () => {
  it("stars out each of a request's credentials wherever an answer repeats it, and keeps the length", async () => {
    const bytes = Buffer.from(answer);
    assert.equal(await passed([bytes]), expected);
    assert.equal(bytes.toString(), answer, "what was given stays as it is");
  });

  it("does so wherever the pieces are cut", async () => {
    const bytes = Buffer.from(answer);
    for (let first = 0; first <= bytes.length; first += 1)
      for (let second = first; second <= bytes.length; second += 1) {
        const pieces = [bytes.subarray(0, first), bytes.subarray(first, second), bytes.subarray(second)];
        assert.equal(await passed(pieces), expected, `cut at ${first} and ${second}`);
      }
    assert.equal(await passed(Array.from(bytes, (byte) => Buffer.of(byte))), expected, "byte by byte");
  });

  it("leaves all else as it is, the very same buffer, also what is too short to be no word", () => {
    for (const text of ["", "short", "application/json-and-more", "sk-0123456789-abcde"]) {
      const piece = Buffer.from(text);
      assert.equal(new SecretMask(secrets).push(piece, true), piece);
    }
  });

  it("holds back no more than may be the beginning of a credential", () => {
    for (const [text, held] of [
      ["data: {}\n\n", 0],
      ["a sentence that ends in s", 1],
      ["the key-0123", 8],
      ["sk-0123456789-abcde", 19],
      ["sk-0123456789-abcdX", 0],
    ] as const) {
      const mask = new SecretMask(secrets);
      const out = mask.push(Buffer.from(text), false);
      assert.ok(out instanceof Buffer);
      assert.equal(out.length, text.length - held, text);
      assert.equal(mask.rest().length, held);
    }
  });

  it("finds them in a piece of megabytes, wherever they stand", async () => {
    const large = Buffer.alloc(3_000_000, "x");
    const places = [0, 4_090, 1_500_000, 2_999_980];
    for (const at of places) large.write("sk-0123456789-abcdef", at);
    const out = await passed([large, Buffer.from("!")]);
    assert.equal(out.length, 3_000_001);
    for (const at of places) assert.equal(out.slice(at, at + 20), "*".repeat(20));
    assert.equal(out.replaceAll("*", "").replaceAll("x", ""), "!");
  });
});
