import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../../src/core/errors.ts";
import { billedSoFar } from "../../../src/exchange/attempt/billed.ts";
import type { Attempt, Judgement } from "../../../src/exchange/state/attempt.ts";
import type { Forwarded } from "../../../src/exchange/state/exchange.ts";
import type { PlannedTarget } from "../../../src/plan/plan.ts";
import type { Usage } from "../../../src/usage/usage.ts";

const target: PlannedTarget = {
  target: { backend: "alpha", model: "m" },
  inputTokens: 10,
  inputTokensMax: 12,
  rate: { input: 1_000_000n, output: 2_000_000n, tiers: [], version: "test" },
  costMaxNanoUsd: 212_000n,
};

/** An exchange whose attempts were judged like this. */
function exchangeOf(...judgements: readonly (Partial<Judgement> | undefined)[]): Forwarded {
  const attempts = judgements.map(
    (judged, at): Partial<Attempt> => ({
      number: at + 1,
      target,
      outcome: { kind: "failed", status: 200, flags: [], class: "quality", brokeOff: false },
      judged:
        judged === undefined
          ? undefined
          : {
              class: "quality",
              error: new GatewayError("validation_failed", "failed"),
              status: 200,
              usage: undefined,
              model: undefined,
              made: "hold",
              ...judged,
            },
    }),
  );
  return { attempts, exchange: {}, plan: { outputCap: 100, choices: 1 } } as unknown as Forwarded;
}

describe("billedSoFar()", () => {
  const said: Usage = { inputTokens: 9, outputTokens: 5 };

  it("is what a provider said of an answer that failed", () => {
    assert.deepEqual(billedSoFar(exchangeOf({ usage: said })), {
      costNanoUsd: 19_000n,
      inputTokens: 9,
      outputTokens: 5,
    });
  });

  it("is the most it can be where a provider said nothing, or not all", () => {
    const most = { costNanoUsd: 212_000n, inputTokens: 12, outputTokens: 100 };
    assert.deepEqual(billedSoFar(exchangeOf({})), most);
    assert.deepEqual(billedSoFar(exchangeOf({ usage: { inputTokens: 9, outputTokens: undefined } })), most);
  });

  it("adds up all attempts that may be billed, and no other", () => {
    assert.deepEqual(billedSoFar(exchangeOf({ usage: said }, undefined, {})), {
      costNanoUsd: 231_000n,
      inputTokens: 21,
      outputTokens: 105,
    });
  });
});
