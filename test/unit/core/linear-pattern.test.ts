import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { linearPattern } from "../../../src/core/linear-pattern.ts";
import { growth } from "../../support/measure/growth.ts";

describe("linearPattern()", () => {
  it("matches as JavaScript does", () => {
    const texts = [
      "",
      "fox",
      "The quick brown fox",
      '{"id": "AB-12345"}',
      "höhe 字\n2",
      "a\nb",
      "line\n",
      "12-12",
    ];
    for (const source of [
      "^The",
      "fox$",
      "\\d{5}",
      "[A-Z]{2}-\\d{4,6}",
      "^[\\s\\S]*$",
      "\\u5b57",
      "\\u{5b57}",
      "(?<word>\\w+) \\w+",
      "^\\p{L}+ ",
      "a.b",
      "^(?:\\{.*\\}|fox)$",
      "\\/|\\.",
      "b$",
      "[^\\n]+x",
      "\\bfox\\b",
    ])
      for (const text of texts)
        for (const ignoreCase of [false, true]) {
          const expected = new RegExp(source, ignoreCase ? "iu" : "u").test(text);
          assert.equal(linearPattern(source, ignoreCase).test(text), expected, `${source} on ${text}`);
        }
  });

  it("refuses what no engine matches in linear time, and says so", () => {
    for (const source of ["(?=a)b", "(?!a)b", "(?<=a)b", "(?<!a)b", "(a)\\1", "(?<x>a)\\k<x>"])
      assert.throws(() => linearPattern(source), { name: "SyntaxError", message: /linear time/ });
  });

  it("refuses what JavaScript refuses, and what RE2 does", () => {
    for (const source of ["[", "a++", "(?P<x>a)", "\\Qa\\E", "a{2,1}", "a{1001}", "((a{99}){99}){99}"])
      assert.throws(() => linearPattern(source), SyntaxError);
  });

  it("takes time linear in the text where backtracking takes for ever", () => {
    for (const source of ["(a+)+$", "(a|aa)+$", "(a*)*b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(.*a){12}b"]) {
      const pattern = linearPattern(source);
      const [small, large] = [10_000, 100_000].map((length) => `${"a".repeat(length)}!b`);
      const grown = growth(
        () => pattern.test(large ?? ""),
        () => pattern.test(small ?? ""),
        10,
        3,
      );
      assert.ok(grown <= 3, `${source}: ten times the text took ${(10 * grown).toFixed(1)} times as long`);
    }
  });
});
