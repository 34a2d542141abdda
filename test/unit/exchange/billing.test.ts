import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../../src/core/errors.ts";
import { type Bill, billOf } from "../../../src/exchange/attempt/billing.ts";
import type { Attempt, AttemptOutcome, Judgement } from "../../../src/exchange/state/attempt.ts";

const open: AttemptOutcome = { kind: "open" };
const answered: AttemptOutcome = { kind: "answered", status: 200, flags: [] };
const failed = (more: Partial<Extract<AttemptOutcome, { kind: "failed" }>> = {}): AttemptOutcome => ({
  kind: "failed",
  status: undefined,
  flags: [],
  class: "overloaded",
  brokeOff: false,
  ...more,
});
const judged = (more: Partial<Judgement>): Judgement => ({
  class: "quality",
  error: new GatewayError("validation_failed", "failed"),
  status: 200,
  usage: undefined,
  model: undefined,
  made: undefined,
  ...more,
});
const whole = { inputTokens: 9, outputTokens: 5 };
const partial = { inputTokens: 9, outputTokens: undefined };

describe("billOf()", () => {
  const cases: readonly (readonly [says: string, attempt: Partial<Attempt>, bill: Bill])[] = [
    ["is open while an attempt is under way", { outcome: open }, { kind: "open" }],
    ["follows the answer that passes", { outcome: answered }, { kind: "answer" }],
    ["is nothing for a refusal", { outcome: failed({ status: 503 }) }, { kind: "nothing", mayDiffer: false }],
    [
      "is nothing, and may differ, for a connection that broke without an answer",
      { outcome: failed({ brokeOff: true }) },
      { kind: "nothing", mayDiffer: true },
    ],
    [
      "is the hold for an attempt that ran into its deadline",
      { outcome: failed({ class: "timeout" }) },
      hold(),
    ],
    [
      "is nothing for an attempt that answered with a status of time",
      { outcome: failed({ class: "timeout", status: 504 }) },
      { kind: "nothing", mayDiffer: false },
    ],
    ["is the hold for a whole answer that broke on its way", { outcome: failed(), begun: "whole" }, hold()],
    [
      "is the input for a stream that broke before it said anything",
      { outcome: failed(), begun: "stream" },
      { kind: "input" },
    ],
    [
      "is what the provider stated of an answer that is not passed on",
      { outcome: failed({ status: 200 }), judged: judged({ usage: whole, model: "m", made: "hold" }) },
      { kind: "stated", usage: whole, model: "m", isWhole: true },
    ],
    [
      "says where the provider stated a part",
      { outcome: failed({ status: 200 }), judged: judged({ usage: partial, made: "hold" }) },
      { kind: "stated", usage: partial, model: undefined, isWhole: false },
    ],
    [
      "is the hold for an answer that was made without a stated usage",
      { outcome: failed({ status: 200 }), begun: "stream", judged: judged({ made: "hold" }) },
      hold(),
    ],
    [
      "is nothing for an answer without a byte",
      { outcome: failed({ status: 200 }), begun: "whole", judged: judged({}) },
      { kind: "nothing", mayDiffer: false },
    ],
  ];
  for (const [says, attempt, bill] of cases)
    it(says, () => assert.deepEqual(billOf(attempt as Attempt), bill));
});

function hold(): Bill {
  return { kind: "hold" };
}
