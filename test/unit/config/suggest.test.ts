import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { didYouMean } from "../../../src/config/suggest.ts";

describe("didYouMean()", () => {
  const known = ["listen", "ledger", "models", "tenant_id", "usage", "per"];
  const cases: readonly [word: string, suggestion: string][] = [
    ["lisen", "listen"],
    ["lsiten", "listen"],
    ["Listen", "listen"],
    ["model", "models"],
    ["tenant", "tenant_id"],
    ["usgae", "usage"],
  ];
  for (const [word, suggestion] of cases)
    it(`suggests ${suggestion} for ${word}`, () =>
      assert.equal(didYouMean(word, known), ` (did you mean "${suggestion}"?)`));

  for (const word of ["guardrails", "x", "abc", "", "u".repeat(10_000)])
    it(`suggests nothing for ${word.slice(0, 12)}`, () => assert.equal(didYouMean(word, known), ""));
});
