import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { VocabularyCounter } from "../../../src/tokens/counters/vocabulary-counter.ts";
import { pathologies } from "../../bench/tokens/texts.ts";
import { growth } from "../../support/measure/growth.ts";
import { vocabularies } from "./oracle.ts";

for (const name of vocabularies) {
  describe(`the time of count() with ${name}`, () => {
    const counter = new VocabularyCounter(name);
    for (const [what, textOf] of Object.entries(pathologies)) {
      it(`grows no faster than the text: ${what}`, () => {
        const small = Buffer.from(textOf(100_000)).toString("utf8");
        const large = Buffer.from(textOf(1_000_000)).toString("utf8");
        const grown = growth(
          () => counter.count(large),
          () => counter.count(small),
          10,
          2,
        );
        assert.ok(grown <= 2, `ten times the text took ${(10 * grown).toFixed(1)} times as long`);
      });
    }
  });
}
