import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { maskSecrets, secretsIn } from "../../../src/exchange/masking.ts";

describe("maskSecrets()", () => {
  const secrets = secretsIn([
    ["authorization", "Bearer sk-0123456789-abcdef"],
    ["x-api-key", "key-0123456789-ghijkl"],
    ["x-goog-api-key", "short"],
    ["accept", "application/json-and-more"],
  ]);

  it("stars out each of a request's credentials wherever an answer repeats it, and keeps the length", () => {
    const answer = Buffer.from("bad sk-0123456789-abcdef, or key-0123456789-ghijkl; sk-0123456789-abcdef");
    const masked = maskSecrets(answer, secrets);
    assert.equal(masked.toString(), `bad ${"*".repeat(20)}, or ${"*".repeat(21)}; ${"*".repeat(20)}`);
    assert.ok(answer.includes("sk-0123456789-abcdef"), "what was given stays as it is");
  });

  it("leaves all else as it is, the very same buffer, also what is too short to be no word", () => {
    for (const text of ["", "short", "application/json-and-more", "sk-0123456789-abcde"]) {
      const answer = Buffer.from(text);
      assert.equal(maskSecrets(answer, secrets), answer);
    }
  });
});
