import assert from "node:assert/strict";
import { it } from "node:test";
import { VocabularyCounter } from "../../src/tokens/counters/vocabulary-counter.ts";
import { pathologies, textOf } from "../bench/tokens/texts.ts";
import { fuzzString, randomOf } from "../fuzz/strings.ts";
import { longestStallMs } from "../support/measure/loop-stall.ts";
import { referenceOf, vocabularies } from "../unit/tokens/oracle.ts";

// What `npm test` does for seconds, for as long as the promises say. Usage: npm run soak:tokens
const fuzzStrings = 3_000_000;
const stallMaxMs = 2;
/** A piece of a megabyte is found in one go, before it is merged in turns. */
const hostileStallMaxMs = 10;

for (const name of vocabularies) {
  it(`counts ${fuzzStrings.toLocaleString("en")} random strings by ${name} as the reference does`, () => {
    const counter = new VocabularyCounter(name);
    const reference = referenceOf(name);
    const random = randomOf(20_261_121);
    for (let i = 0; i < fuzzStrings; i++) {
      const text = fuzzString(random);
      const tenant = i % 2 === 0 ? "a" : undefined;
      if (counter.count(text, tenant) !== reference(text))
        assert.fail(`string ${i}: ${JSON.stringify(text)}`);
    }
  });
}

const megabytes: Readonly<Record<string, string>> = {
  English: textOf("en", 1_000_000),
  code: textOf("code", 1_000_000),
  Chinese: textOf("zh", 1_000_000),
  ...Object.fromEntries(
    ["random letters", "random Han", "one Han character", "dashes"].map((what) => [
      what,
      Buffer.from(pathologies[what]!(1_000_000)).toString().slice(0, 1_000_000),
    ]),
  ),
};
for (const [what, text] of Object.entries(megabytes)) {
  const mostMs = Object.hasOwn(pathologies, what) ? hostileStallMaxMs : stallMaxMs;
  it(`holds the event loop for at most ${mostMs} ms at p90 while it counts 1 MB of ${what}`, async (test) => {
    const counter = new VocabularyCounter("o200k_base");
    const body = Buffer.from(JSON.stringify(text));
    const spans = [{ start: 1, end: body.length - 1, escaped: text.includes("\n") }];
    const longest: number[] = [];
    for (let i = 0; i < 33; i++) {
      const stall = await longestStallMs(
        () => counter.countSpansPaced(body, spans, { tenant: "a" }),
        () => performance.now(),
      );
      // The first counts are slow for code that is not yet compiled.
      if (i >= 3) longest.push(stall);
    }
    longest.sort((a, b) => a - b);
    const p90 = longest[Math.floor(longest.length * 0.9)]!;
    test.diagnostic(
      `longest stall of a count: median ${longest[longest.length >> 1]!.toFixed(2)} ms, p90 ${p90.toFixed(2)} ms`,
    );
    assert.ok(p90 <= mostMs, `${p90} ms`);
  });
}
