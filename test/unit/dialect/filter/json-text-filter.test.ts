import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { JsonTextFilter } from "../../../../src/dialect/filter/json-text-filter.ts";
import { holdAll, wordFilter } from "../../../support/dialect/word-filter.ts";

const word = "falcon";
const other = 'a "kite"\n\\😀';

/** JSON in pieces of up to `size` characters, filtered. */
function filtered(json: string, size: number, make = () => wordFilter(word, other)): string {
  const filter = new JsonTextFilter(make);
  let out = "";
  for (let at = 0; at < json.length; at += size) out += filter.push(json.slice(at, at + size));
  return out + filter.end();
}

const texts = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.constantFrom(word, `a ${word}`, `\\"${word}\\`, "fal", "con"),
);
const values = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    texts,
    fc.double(),
    fc.boolean(),
    fc.constant(null),
    tie("list"),
    tie("object"),
  ),
  list: fc.array(tie("value"), { maxLength: 4 }),
  object: fc.dictionary(fc.oneof(fc.string(), fc.constant(word)), tie("value"), { maxKeys: 4 }),
})).value;

describe("a filter of the strings in JSON text", () => {
  it("replaces a word in each string, in no key, wherever the text is cut", () => {
    fc.assert(
      fc.property(
        values,
        fc.integer({ min: 1, max: 7 }),
        fc.constantFrom(undefined, 1),
        (value, size, space) => {
          const json = JSON.stringify(value, null, space);
          const expected = JSON.parse(json, (_key, member) =>
            typeof member === "string" ? member.replaceAll(word, other) : member,
          );
          assert.deepEqual(JSON.parse(filtered(json, size)), expected);
        },
      ),
      { numRuns: 500, seed: 5 },
    );
  });

  it("keeps every character where it changes nothing, escapes as they were written", () => {
    const json = '{"a\\u0062":"\\u00e9 \\/ \\ud83d\\ude00 x", "n": [1.0, 1e400, "\\\\"]}';
    for (let size = 1; size <= json.length; size += 1) assert.equal(filtered(json, size), json);
  });

  it("finds a word that is written with escapes", () => {
    assert.equal(filtered('"\\u0066alcon"', 3), JSON.stringify(other));
  });

  it("lets go of what it holds at the end of each string, and of a string that has none", () => {
    const hold = () => {
      const filter = holdAll({ channel: "arguments", choice: 0, repeated: false });
      assert.ok(filter !== undefined);
      return filter;
    };
    assert.equal(filtered('["a","b', 1, hold), '["a","b');
  });

  it("passes what is no JSON, in any cut", () => {
    for (const text of ["", "}{]]", '{"a":\u0001', "look at this", '"\\uZZ"', '"a\nb"'])
      for (let size = 1; size <= 4; size += 1) assert.equal(filtered(text, size), text);
  });
});
