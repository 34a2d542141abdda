import assert from "node:assert/strict";
import { it } from "node:test";
import { fuzzSplice } from "./splice.ts";

it("reads and splices requests as JSON.parse would, whatever their bytes are", () => {
  for (const seed of [1, 20_261_201]) {
    const runs = 10_000;
    const { taken } = fuzzSplice({ seed, runs });
    assert.ok(taken > runs / 10, `only ${taken} of ${runs} requests were taken`);
  }
});
