import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VocabularyCounter } from "../../../src/tokens/vocabulary-counter.ts";
import { pathologies } from "../../bench/tokens/texts.ts";
import { vocabularies } from "./oracle.ts";

/** CPU time of the fastest of some counts: others on the machine disturb it least. */
function fastestMicros(counter: VocabularyCounter, text: string): number {
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 4; i++) {
    const before = process.cpuUsage();
    counter.count(text);
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, user + system);
  }
  return best;
}

for (const name of vocabularies) {
  describe(`the time of count() with ${name}`, () => {
    const counter = new VocabularyCounter(name);
    for (const [what, textOf] of Object.entries(pathologies)) {
      it(`grows no faster than the text: ${what}`, () => {
        const small = Buffer.from(textOf(100_000)).toString("utf8");
        const large = Buffer.from(textOf(1_000_000)).toString("utf8");
        counter.count(small);
        const ratio = fastestMicros(counter, large) / Math.max(200, fastestMicros(counter, small));
        assert.ok(ratio <= 20, `ten times the text took ${ratio.toFixed(1)} times as long`);
      });
    }
  });
}
