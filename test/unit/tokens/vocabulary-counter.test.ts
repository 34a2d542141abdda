import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { TextSpan } from "../../../src/tokens/counters/counter.ts";
import { VocabularyCounter } from "../../../src/tokens/counters/vocabulary-counter.ts";
import { counterOf } from "../../../src/tokens/models/families.ts";
import { textOf } from "../../bench/tokens/texts.ts";
import { fuzzString, randomOf } from "../../fuzz/strings.ts";
import { heldMs, heldNow } from "../../support/measure/held-clock.ts";
import { cpuMilliseconds, longestHeldMs, longestStallMs } from "../../support/measure/loop-stall.ts";
import { vocabularies } from "./oracle.ts";

/** A JSON array of the texts, written with as many kinds of escapes as there are, and the spans of their insides. */
function bodyOf(texts: readonly string[], random = randomOf(1)): { body: Buffer; spans: TextSpan[] } {
  let json = "[";
  const spans: TextSpan[] = [];
  for (const text of texts) {
    const inside = JSON.stringify(text)
      .slice(1, -1)
      .replaceAll(/[^\\"]/g, (unit) => (random() < 0.02 ? unicodeEscape(unit) : unit))
      .replaceAll("/", () => (random() < 0.5 ? "\\/" : "/"));
    // The replacements above may have hit what follows a backslash: then the text is written plainly.
    const safe = isSame(inside, text) ? inside : JSON.stringify(text).slice(1, -1);
    const start = Buffer.byteLength(`${json}"`);
    json += `"${safe}", `;
    spans.push({ start, end: start + Buffer.byteLength(safe), escaped: safe.includes("\\") });
  }
  return { body: Buffer.from(`${json}null]`), spans };
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

function isSame(inside: string, text: string): boolean {
  try {
    return JSON.parse(`"${inside}"`) === text;
  } catch {
    return false;
  }
}

function sum(counter: VocabularyCounter, texts: readonly string[]): number {
  return texts.reduce((total, text) => total + counter.count(text), 0);
}

for (const name of vocabularies) {
  describe(`countSpans() with ${name}`, () => {
    const counter = new VocabularyCounter(name);

    it("counts what the strings of a body say, whatever their escapes", () => {
      const random = randomOf(5);
      for (let i = 0; i < 300; i++) {
        const texts = Array.from({ length: 1 + Math.floor(random() * 6) }, () => fuzzString(random));
        const { body, spans } = bodyOf(texts, random);
        assert.equal(counter.countSpans(body, spans), sum(counter, JSON.parse(body.toString()).slice(0, -1)));
      }
    });

    it("skips what lies between spans, near or far", () => {
      const far = "A".repeat(5000);
      const { body, spans } = bodyOf(["one", far, "two's", far, "three"]);
      const wanted = spans.filter((_, i) => i % 2 === 0);
      assert.equal(counter.countSpans(body, wanted), sum(counter, ["one", "two's", "three"]));
      assert.equal(counter.countSpans(body, []), 0);
    });

    it("counts bytes that are no UTF-8 as their readers see them", () => {
      const body = Buffer.from('"caf\u00e9 \\n x" "ok"', "latin1");
      const spans = [
        { start: 1, end: 10, escaped: true },
        { start: 13, end: 15, escaped: false },
      ];
      assert.equal(counter.countSpans(body, spans), sum(counter, ["caf\ufffd \n x", "ok"]));
    });

    it("keeps malformed escapes apart from crashes", () => {
      for (const inside of ["\\", "\\u", "\\u12", "\\uzzzz", "\\x", "a\\ud83d", "\\ud83d\\u0041"]) {
        const body = Buffer.from(`"${inside}"`);
        assert.ok(
          counter.countSpans(body, [{ start: 1, end: body.length - 1, escaped: true }]) > 0 ||
            inside === "\\",
        );
      }
    });
  });

  describe(`countSpansPaced() with ${name}`, () => {
    const counter = new VocabularyCounter(name);
    const random = randomOf(9);
    const texts = [
      textOf("en", 100_000),
      "short",
      textOf("code", 60_000),
      "a".repeat(40_000),
      "\u54c8".repeat(20_000),
      Array.from({ length: 2000 }, () => fuzzString(random)).join("\n"),
      "no escape ".repeat(3000),
    ];
    const { body, spans } = bodyOf(texts, random);

    it("answers at once for small texts", () => {
      const small = bodyOf(["a small text"]);
      assert.equal(counter.countSpansPaced(small.body, small.spans), counter.count("a small text"));
    });

    it("counts the same in turns", async () => {
      const paced = counter.countSpansPaced(body, spans);
      assert.ok(paced instanceof Promise);
      assert.equal(await paced, sum(counter, JSON.parse(body.toString()).slice(0, -1)));
    });

    it("counts the same when many count at the same time", async () => {
      const expected = counter.countSpans(body, spans);
      const other = bodyOf([texts[0]!.repeat(2)]);
      const results = await Promise.all([
        counter.countSpansPaced(body, spans),
        counter.countSpansPaced(other.body, other.spans),
        counter.countSpansPaced(body, spans),
      ]);
      assert.deepEqual(results, [expected, counter.countSpans(other.body, other.spans), expected]);
    });

    it("counts bytes that are no UTF-8 the same in turns", async () => {
      const wrong = Buffer.from(body);
      for (let at = 10; at < wrong.length; at += 5000) if (wrong[at] === 0x20) wrong[at] = 0xff;
      assert.equal(await counter.countSpansPaced(wrong, spans), counter.countSpans(wrong, spans));
    });

    it("lets others run in between", async () => {
      let done = false;
      let turns = 0;
      const paced = Promise.resolve(counter.countSpansPaced(body, spans)).then(() => {
        done = true;
      });
      while (!done) {
        await nextTurn();
        turns++;
      }
      await paced;
      assert.ok(turns >= 3, `${turns} turns`);
    });

    it("holds the loop for a small part of the whole count at a time", async () => {
      const large = bodyOf([textOf("en", 1_000_000)]);
      const shares: number[] = [];
      for (let i = 0; i < 8; i++) {
        const before = cpuMilliseconds();
        counter.countSpans(large.body, large.spans);
        const whole = cpuMilliseconds() - before;
        const longest = await longestStallMs(() => counter.countSpansPaced(large.body, large.spans));
        shares.push(longest / whole);
      }
      shares.sort((a, b) => a - b);
      assert.ok(shares[4]! < 0.3, `${shares.map((share) => share.toFixed(2))}`);
    });

    it("counts texts of megabytes the same in turns, but for two tokens at each cut of a word without end", async () => {
      for (const [text, cutsMax] of [
        [textOf("en", 2_000_000), 0],
        [textOf("code", 2_000_000), 0],
        ["[".repeat(3_000_000), 3],
        ["\u54c8".repeat(1_000_000), 3],
      ] as const) {
        const { body, spans } = bodyOf([text]);
        const paced = (await counter.countSpansPaced(body, spans)) ?? Number.NaN;
        const apart = Math.abs(paced - counter.countSpans(body, spans));
        assert.ok(apart <= 2 * cutsMax, `${text.slice(0, 10)}: ${apart} tokens apart`);
      }
    });

    it("holds the loop for a small part of the whole count, whatever the text is", async () => {
      for (const inside of ["[", "\\ud83d\\ude00", "a", " ", "\u54c8"]) {
        const body = Buffer.from(inside.repeat(12_000_000 / Buffer.byteLength(inside)));
        const spans = [{ start: 0, end: body.length, escaped: inside.startsWith("\\") }];
        let least = 1;
        for (let run = 0; run < 3 && least >= 0.1; run++) {
          const began = heldNow();
          const longest = await longestHeldMs(() => counter.countSpansPaced(body, spans));
          least = Math.min(least, longest / heldMs(began, heldNow()));
        }
        assert.ok(least < 0.1, `${inside}: ${least.toFixed(2)} of the whole`);
      }
    });

    it("stops early once more is counted than is asked for", async () => {
      const whole = counter.countSpans(body, spans);
      const some = await counter.countSpansPaced(body, spans, { stopAbove: 1000 });
      assert.ok(some !== undefined && some > 1000 && some < whole);
      assert.equal(await counter.countSpansPaced(body, spans, { stopAbove: whole }), whole);
    });

    it("ends without a count when nobody waits for it any more", async () => {
      const caller = { over: false };
      const paced = counter.countSpansPaced(body, spans, { caller });
      caller.over = true;
      assert.equal(await paced, undefined);
    });
  });
}

describe("the memory of a counter", () => {
  it("stays the same whatever was counted", () => {
    const counter = new VocabularyCounter("o200k_base");
    const random = randomOf(2);
    const word = () => random().toString(36).slice(2);
    const count = (words: number) => {
      for (let i = 0; i < words; i += 1000) counter.count(Array.from({ length: 1000 }, word).join(" "));
    };
    count(5000);
    const before = process.memoryUsage().arrayBuffers;
    count(200_000);
    counter.count("x".repeat(3_000_000));
    counter.count("short again, which gives the long text's memory back");
    assert.ok(process.memoryUsage().arrayBuffers - before < 32 * 2 ** 20);
  });
});

describe("countSpansPaced() of an estimator", () => {
  it("scales the count, and what it is to stop above", async () => {
    const counter = counterOf("anthropic", "claude-opus-4-5");
    const { body, spans } = bodyOf([textOf("en", 200_000)]);
    assert.equal(await counter.countSpansPaced(body, spans), counter.countSpans(body, spans));
    const some = await counter.countSpansPaced(body, spans, { stopAbove: 2000 });
    assert.ok(some !== undefined && some > 2000 && some < counter.countSpans(body, spans));
  });
});
