import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VocabularyCounter } from "../../../src/tokens/counters/vocabulary-counter.ts";
import { counterOf } from "../../../src/tokens/models/families.ts";
import { type TextKind, textOf } from "../../bench/tokens/texts.ts";
import { fuzzString, randomOf } from "../../fuzz/strings.ts";
import { vocabularies } from "./oracle.ts";

/** Cuts a text anywhere, also within surrogate pairs, into parts of about the size. */
function cutUp(text: string, size: number, random: () => number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const length = 1 + Math.floor(random() * 2 * size);
    parts.push(text.slice(at, at + length));
    at += length;
  }
  return parts;
}

for (const name of vocabularies) {
  describe(`stream() with ${name}`, () => {
    const counter = new VocabularyCounter(name);
    const random = randomOf(11);
    const texts: Record<string, string> = {
      fuzz: Array.from({ length: 400 }, () => fuzzString(random)).join(""),
      "one letter": "a".repeat(20_000),
      digits: "1234567".repeat(2000),
      apostrophes: "it's 'sS'\u017f don''t ".repeat(500),
    };
    for (const kind of ["en", "code", "zh"] as const satisfies TextKind[]) texts[kind] = textOf(kind, 20_000);

    for (const [what, text] of Object.entries(texts)) {
      it(`totals the count of the whole text however it is cut: ${what}`, () => {
        const whole = counter.count(text);
        for (const size of [1, 2, 4, 16, 64, 300, 5000]) {
          const stream = counter.stream();
          for (const part of cutUp(text, size, random)) stream.push(part);
          assert.equal(stream.total(), whole, `parts of ${size}`);
          assert.equal(stream.total(), whole, "asked twice");
        }
      });
    }

    it("totals what came so far at any time, as if it ended there", () => {
      const text = texts.fuzz!.slice(0, 3000);
      const stream = counter.stream();
      for (let at = 0; at < text.length; at += 7) {
        stream.push(text.slice(at, at + 7));
        if (at % 49 === 0) assert.equal(stream.total(), counter.count(text.slice(0, at + 7)));
      }
    });
  });
}

describe("stream() of long pieces", () => {
  for (const [what, text] of [
    ["words", "one word, and another. ".repeat(20_000)],
    ["text without a gap", "\u5b57".repeat(100_000)],
  ] as const)
    it(`counts them in turns, in order, with what comes before, between and meanwhile: ${what}`, async () => {
      const counter = new VocabularyCounter("o200k_base");
      const stream = counter.stream();
      stream.push("before ");
      assert.equal(stream.catchUp(), undefined);
      stream.push(text);
      const counted = stream.catchUp();
      assert.notEqual(counted, undefined);
      stream.push(" between ");
      stream.push(text);
      const whole = counter.count(`before ${text} between ${text} after`);
      await counted;
      stream.push(" after");
      await stream.catchUp();
      const total = stream.total();
      // Without a gap a part ends where a word may not: two tokens for each.
      assert.ok(Math.abs(total - whole) <= (text.includes(" ") ? 0 : 4), `${total} of ${whole}`);
    });

  it("totals them although nobody has waited", () => {
    const counter = new VocabularyCounter("o200k_base");
    const stream = counter.stream();
    const text = "one word, and another. ".repeat(2_000);
    stream.push(text);
    assert.equal(stream.total(), counter.count(text));
  });
});

describe("stream() of an estimator", () => {
  it("rounds once, over the whole", () => {
    const counter = counterOf("anthropic", "claude-opus-4-5");
    const stream = counter.stream();
    for (let i = 0; i < 1000; i++) stream.push("one word ");
    assert.equal(stream.total(), counter.count("one word ".repeat(1000)));
  });
});
