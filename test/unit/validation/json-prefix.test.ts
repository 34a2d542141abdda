import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { JsonPrefix } from "../../../src/validation/json-prefix.ts";

/** Where it is told that a text can be no JSON: the number of characters it took; undefined: nowhere. */
function wrongAfter(text: string): number | undefined {
  const prefix = new JsonPrefix();
  for (let at = 0; at < text.length; at += 1) if (!prefix.push(text.charAt(at))) return at + 1;
  return undefined;
}

describe("JsonPrefix", () => {
  it("never gives up on JSON, however it is written and cut", () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.nat(3), fc.nat(200), (json, indent, cut) => {
        for (const text of [json, ` ${JSON.stringify(JSON.parse(json), null, indent)}\n`]) {
          const prefix = new JsonPrefix();
          assert.ok(prefix.push(text.slice(0, cut)), text);
          assert.ok(prefix.push(text.slice(cut)), text);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("gives up on a whole that is no JSON, unless more could make it one", () => {
    const closers = ["", '"', "}", "]", '"}', '"]', "1", ":1}", '":1}', "null", "e", "ue", "0"];
    fc.assert(
      fc.property(fc.stringMatching(/^[[\]{}",:0-9.eE+\-truefalsn\\ ]{0,8}$/), (text) => {
        const stays = wrongAfter(text) === undefined;
        const canBe = closers.some((more) => isJson(text + more));
        // What some ending makes JSON must not have been given up.
        if (canBe) assert.ok(stays, text);
      }),
      { numRuns: 3_000 },
    );
  });

  const wrong: readonly (readonly [text: string, after: number])[] = [
    ["x", 1],
    ["{}{", 3],
    ["[1,]", 4],
    ['{"a":1,}', 8],
    ["[1}", 3],
    ["}", 1],
    ["01", 2],
    ["1.e", 3],
    ["+1", 1],
    ["--", 2],
    ["truth", 4],
    ['"a\nb"', 3],
    ['"\\x"', 3],
    ['"\\u12g4"', 6],
    ["{1:2}", 2],
    ["{'a':1}", 2],
    ["[1 2]", 4],
    ["1,", 2],
    ["[-]", 3],
  ];
  for (const [text, after] of wrong)
    it(`gives up on ${JSON.stringify(text)} after ${after}`, () => assert.equal(wrongAfter(text), after));

  it("says nothing of what is nested deeper, or of numbers longer, than it follows", () => {
    assert.equal(wrongAfter(`${"[".repeat(2_000)}x`), undefined);
    assert.equal(wrongAfter(`${"1".repeat(100)}x`), undefined);
    assert.equal(wrongAfter(`${"[".repeat(900)}x`), 901);
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
