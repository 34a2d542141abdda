import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { sumsOf } from "../../../src/usage/sums.ts";

describe("sumsOf()", () => {
  const attempts = [
    { target: "a/m", cost_nano_usd: "30" },
    { target: "b/m", cost_nano_usd: "70" },
  ];
  const cases: readonly [what: string, record: Record<string, unknown>, wasted: bigint][] = [
    ["nothing of an answer at the first try", { cost_nano_usd: "100", attempts: attempts.slice(1) }, 0n],
    ["the attempts that another followed", { cost_nano_usd: "100", attempts }, 30n],
    ["all of a failed validation", { cost_nano_usd: "100", attempts, validation_result: "failed" }, 100n],
    ["all of an exchange that broke", { cost_nano_usd: "100", ending: "upstream_reset" }, 100n],
    ["nothing of an answer that the client left", { cost_nano_usd: "100", ending: "downstream_reset" }, 0n],
    ["nothing of what cost nothing", { ending: "timeout", attempts: "odd" }, 0n],
  ];
  for (const [what, record, wasted] of cases)
    it(`counts as wasted ${what}`, () => assert.equal(sumsOf(record).wastedNanoUsd, wasted));

  it("takes what is no count and no amount for nothing", () => {
    const sums = sumsOf({ input_tokens: "5", output_tokens: -1, cost_nano_usd: "1.5" });
    assert.deepEqual(sums, {
      exchanges: 1,
      inputTokens: 0,
      outputTokens: 0,
      costNanoUsd: 0n,
      wastedNanoUsd: 0n,
    });
  });
});
