import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VocabularyCounter } from "../../../src/tokens/counters/vocabulary-counter.ts";
import { fuzzString, randomOf } from "../../fuzz/strings.ts";
import { heapMergeOf, referenceOf, vocabularies } from "./oracle.ts";

// More of them: `npm run soak:tokens` and `npm run fuzz`.
const fuzzStrings = 8_000;
/** Two tenants, whose memos are warm, and nobody, whose memos are always new. */
const tenants = ["a", "b", undefined];

const traps: Readonly<Record<string, string>> = {
  empty: "",
  "byte order marks": "\ufeffHello\ufeff world",
  "next line, which is white space in Unicode and not in JavaScript": "a\u0085b \u0085 c\u0085\u0085d",
  "text that looks like special tokens": "x <|endoftext|> y <|im_start|>user <|fim_prefix|>",
  "names on Object.prototype": "hasOwnProperty\nconstructor\n__proto__\ntoString valueOf",
  "a contraction with a long s": "it'\u017f IT'\u017f 's 'S'T 'll'LL 're've",
  "half surrogates": "a\ud800b \udc00 \ud83d",
  "trailing white space": "x = 1\n    ",
  "Han before capitals": "\u4e2d\u6587ABC \u4e2dABCd \u4e2dA\u0301B",
  "marks alone and as the optional first character": "\u0301\u0301a \u0301A\u0301 .\u0301 \u0301",
  "title case and modifier letters": "\u01c5\u02b0a \u02b0\u01c5 A\u02b0B",
  "digits of other scripts": "\u0663\u0664\u0665\u0666 12\u0663 \u00b2\u2160",
  "carriage returns": "a\r\n\r\n b\r c \r\n  \t\r\n x",
  slashes: "//\n/ !/\n/a ?//\r\n/",
  code: "\tif (a[i] !== b && !c) { return `x$y`; } // don't\n\n\n    }\n",
};

for (const name of vocabularies) {
  const counter = new VocabularyCounter(name);
  const reference = referenceOf(name);

  describe(`count() with ${name}`, () => {
    for (const [what, text] of Object.entries(traps)) {
      it(`counts ${what} as the reference does`, () => assert.equal(counter.count(text), reference(text)));
    }

    it(`counts ${fuzzStrings.toLocaleString("en")} random strings as the reference does`, () => {
      const random = randomOf(name.length);
      for (let i = 0; i < fuzzStrings; i++) {
        const text = fuzzString(random);
        if (counter.count(text, tenants[i % 3]) !== reference(text))
          assert.fail(`string ${i}: ${JSON.stringify(text)}`);
      }
    });

    it("classes every code point as the reference does", () => {
      for (let first = 0; first < 0x110000; first += 64) {
        // Planes that nobody has assigned are all alike: a block of each 4096 is enough.
        const isAssigned = first < 0x34000 || (first >= 0xe0000 && first < 0xe0200);
        if (!isAssigned && first % 0x1000 !== 0) continue;
        let text = "";
        for (let codePoint = first; codePoint < first + 64; codePoint++) {
          const char = String.fromCodePoint(codePoint);
          text += `x${char}Y${char}${char}1${char} ${char}z\n${char}`;
        }
        if (counter.count(text) !== reference(text))
          assert.fail(`a code point from ${first.toString(16)} on`);
      }
    });

    const oracle = heapMergeOf(name);
    const random = randomOf(3);
    const runs: Readonly<Record<string, () => string>> = {
      "one letter": () => "a",
      blanks: () => " ",
      dashes: () => "-",
      "one Han character": () => "\u54c8",
      "random letters": () => String.fromCharCode(97 + Math.floor(random() * 26)),
      "random Han": () => String.fromCharCode(0x4e00 + Math.floor(random() * 0x5000)),
      "random punctuation": () => "!@#$%^&*(){}[]<>?:;".charAt(Math.floor(random() * 19)),
      "long dash tokens that never fit": () => `${"-".repeat(60 + Math.floor(random() * 120))}!`,
    };
    // Long pieces of the kinds whose merges reach furthest; the soak has them of all.
    const reachFar = new Set(["one letter", "random letters", "long dash tokens that never fit"]);
    for (const [what, next] of Object.entries(runs)) {
      for (const bytes of reachFar.has(what) ? [1000, 30_000, 300_000] : [1000, 30_000]) {
        it(`counts ${bytes} bytes of ${what} in one piece as merging by rank does`, () => {
          let piece = "";
          for (let size = 0; size < bytes; size = piece.length) piece += next();
          if (what === "one Han character" || what === "random Han") piece = piece.slice(0, bytes / 3);
          assert.equal(counter.count(piece), oracle(piece));
        });
      }
    }
  });
}
