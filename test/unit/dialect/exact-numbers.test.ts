import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inexactInteger } from "../../../src/dialect/exact-numbers.ts";

describe("inexactInteger()", () => {
  it("finds an integer that a double cannot hold, wherever it stands", () => {
    for (const json of [
      '{"id":12345678901234567}',
      "[1,-9007199254740993]",
      '{"a":{"b":[12345678901234567890123]}}',
    ])
      assert.ok(inexactInteger(json) !== undefined, json);
  });

  it("leaves alone what is exact, a fraction, or text", () => {
    for (const json of [
      '{"id":9007199254740992}',
      '{"x":0.12345678901234567}',
      '{"x":1234567890123456789e2}',
      '{"x":"12345678901234567","12345678901234567":1}',
      '{"x":"a \\" 12345678901234567"}',
    ])
      assert.equal(inexactInteger(json), undefined, json);
  });
});
