import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { get_encoding } from "tiktoken";
import { countTokens, splitTokens } from "../../../src/fake/token-count.ts";
import { answerWords, words } from "../../../src/fake/words.ts";
import { Random } from "../../support/core/random.ts";

const o200k = get_encoding("o200k_base");
const cl100k = get_encoding("cl100k_base");

describe("countTokens()", () => {
  for (const text of [
    "",
    "Hello, world! It's 2026; don't you think?",
    "  indented\n\n\n\tcode() { return 1234567; }\r\n",
    "日本語のテキストと한국어, and العربية.",
    "<|endoftext|> is only text",
    "🙂🙃 \u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
  ]) {
    it(`counts ${JSON.stringify(text)} as tiktoken does`, () => {
      assert.equal(countTokens(text), o200k.encode_ordinary(text).length);
    });
  }

  it("counts 2,000 random texts of several scripts as tiktoken does", () => {
    const random = new Random(1);
    const alphabets = [
      "abc deXYZ'st .,12\n",
      "日本語한국🙂\u200d aé",
      "\u0000<|endoftext|>{}[]\t\r\n0",
      "thequickbrownfox",
    ];
    for (let round = 0; round < 2_000; round++) {
      const alphabet = [...random.pick(alphabets)];
      const text = Array.from({ length: 1 + random.below(60) }, () => random.pick(alphabet)).join("");
      assert.equal(countTokens(text), o200k.encode_ordinary(text).length, JSON.stringify(text));
    }
  });

  it("counts a long text exactly, too", () => {
    const text = "The quick brown fox, number 17, jumps over the lazy dog.\n".repeat(2_000);
    assert.equal(countTokens(text), o200k.encode_ordinary(text).length);
  });
});

describe("splitTokens()", () => {
  it("cuts a text into its tokens and loses nothing", () => {
    const text = '{"city":"water garden","days":7}';
    assert.equal(splitTokens(text).join(""), text);
    assert.equal(splitTokens(text).length, o200k.encode_ordinary(text).length);
  });
});

describe("answerWords()", () => {
  it("gives words of exactly one token each, in both vocabularies, alone and in a row", () => {
    for (const encoding of [o200k, cl100k]) {
      for (const word of words) assert.equal(encoding.encode_ordinary(` ${word}`).length, 1, word);
      assert.equal(encoding.encode_ordinary([...answerWords("prompt", 500)].join("")).length, 500);
    }
  });

  it("gives the same words for the same prompt, others for another, and others for another choice", () => {
    const answer = (prompt: string, choice?: number) => [...answerWords(prompt, 16, choice)].join("");
    assert.equal(answer("a"), answer("a"));
    assert.notEqual(answer("a"), answer("b"));
    assert.notEqual(answer("a", 0), answer("a", 1));
    assert.ok(answer("a").startsWith([...answerWords("a", 5)].join("")));
    const all = new Set(Array.from({ length: 10_000 }, (_, index) => answer(`prompt ${index}`)));
    assert.equal(all.size, 10_000);
  });
});
