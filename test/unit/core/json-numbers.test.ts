import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { passNumbers } from "../../../src/core/json-numbers.ts";

const pass = (text: string) => passNumbers(Buffer.from(text), 0);

describe("passNumbers()", () => {
  it("counts numbers however they are written and spaced, and stops behind the bracket", () => {
    assert.deepEqual(pass("[]"), { count: 0, end: 2 });
    assert.deepEqual(pass("[ \n]x"), { count: 0, end: 4 });
    assert.deepEqual(pass("[0,-0.5,1e5 ,\t2E-3,\r\n10]]"), { count: 5, end: 24 });
  });

  it("takes no array that holds anything else, or that JSON would refuse", () => {
    for (const text of [
      "[",
      "[1",
      "[1,",
      "[1,]",
      "[,1]",
      "[01]",
      "[-]",
      "[1.]",
      "[.5]",
      "[1e]",
      "[1e+]",
      "[+1]",
      "[1 2]",
      '["1"]',
      "[null]",
      "[[1]]",
      "[NaN]",
      "[1;2]",
      "[1\u00002]",
    ])
      assert.equal(pass(text), undefined, text);
  });

  it("takes what JSON.parse takes for a list of numbers, and nothing else", () => {
    const piece = fc.constantFrom("0", "1", "-", ".", "e", "E", "+", ",", " ", "25", "]", "[", "\n", "x");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `[${pieces.join("")}]`;
        const read = pass(text);
        assert.equal(read?.end === text.length ? read.count : undefined, numbersIn(text), text);
      }),
      { numRuns: 20_000, seed: 9 },
    );
  });
});

function numbersIn(text: string): number | undefined {
  try {
    const list: unknown = JSON.parse(text);
    return Array.isArray(list) && list.every((item) => typeof item === "number") ? list.length : undefined;
  } catch {
    return undefined;
  }
}
