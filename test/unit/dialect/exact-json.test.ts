import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { isInexactNumber, parseExact, stringifyExact } from "../../../src/dialect/exact-json.ts";

const digits = fc.stringMatching(/^[1-9][0-9]{0,40}$/);
const number = fc.oneof(
  digits,
  digits.map((written) => `-${written}`),
  fc.tuple(digits, digits).map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.tuple(digits, fc.integer({ min: -400, max: 400 })).map(([whole, power]) => `${whole}e${power}`),
);

describe("exact JSON", () => {
  it("keeps the value of every number, however many digits it has, wherever it stands", () => {
    fc.assert(
      fc.property(number, fc.string(), (written, text) => {
        const json = `{"a":[${written},{"b":${written}}],${JSON.stringify(`t${text}`)}:${JSON.stringify(text + written)}}`;
        const parsed = parseExact(json);
        const back = stringifyExact(parsed);
        const [same] = /\[[^,]*/.exec(back) ?? [""];
        assert.equal(plainValue(same.slice(1)), plainValue(written));
      }),
      { numRuns: 500, seed: 5 },
    );
  });

  it("keeps them in long texts, too, behind and before strings of any kind", () => {
    const filler = 'x 1e9 12345678901234567 \\" '.repeat(500);
    for (const written of ["9007199254740993", "1e400", "-0.1234567890123456789"])
      for (const json of [
        `{"t":${JSON.stringify(filler)},"a":${written}}`,
        `[${written},${JSON.stringify(filler)}]`,
      ])
        assert.equal(stringifyExact(parseExact(json)), json);
    const plain = JSON.stringify({ t: filler, a: 12 });
    assert.deepEqual(parseExact(plain), { t: filler, a: 12 });
  });

  it("leaves text alone, whatever it looks like", () => {
    for (const text of ["12345678901234567", 'a \\" 12345678901234567', "1e999", "{12345678901234567}"]) {
      const json = JSON.stringify({ [text]: text });
      assert.equal(stringifyExact(parseExact(json)), json);
      assert.deepEqual(parseExact(json), { [text]: text });
    }
  });

  it("tells a number that a double cannot hold from every other value", () => {
    for (const written of ["9007199254740993", "0.1234567890123456789", "1e400"])
      assert.ok(isInexactNumber(parseExact(written)), written);
    for (const written of ["9007199254740992", "0.30000000000000004", "1e22", "100000000000000000000", '"a"'])
      assert.equal(isInexactNumber(parseExact(written)), false, written);
  });

  it("takes a megabyte of any text in one pass", () => {
    for (const hard of ['"\\', '"'.padEnd(1_000_000, '\\"'), `[${"1234567890123456,".repeat(60_000)}1]`])
      parseExact(hard.padEnd(1_000_000, "\\"));
  });
});

/** A number's value as a fraction of integers, in one spelling. */
function plainValue(written: string): string {
  const [mantissa = "", exponent = "0"] = written.toLowerCase().split("e");
  const [whole = "", fraction = ""] = mantissa.split(".");
  const all = `${whole}${fraction}`.replace(/^(-?)0+(?=\d)/, "$1");
  const digitsOnly = all.replace(/0+$/, "");
  return `${digitsOnly}e${Number(exponent) - fraction.length + (all.length - digitsOnly.length)}`;
}
