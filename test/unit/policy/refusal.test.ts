import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Refused } from "../../../src/ledger/ledger.ts";
import { refusal } from "../../../src/policy/refusal.ts";
import { account } from "../../support/ledger/ledger-accounts.ts";

const nowMs = Date.parse("2026-08-03T12:00:00Z");
const refused = (change: Partial<Refused>): Refused => ({
  kind: "refused",
  account: account("month", 2_000_000_000n),
  amount: 900_000_000n,
  left: 420_000_000n,
  resetsAtMs: Date.parse("2026-08-31T22:00:00Z"),
  openHoldsOnly: false,
  ...change,
});

describe("refusal()", () => {
  it("says that a budget is used up, which one, what is left and when it resets, and not to try again", () => {
    const error = refusal(refused({}), nowMs);
    assert.equal(error.code, "insufficient_quota");
    assert.equal(error.retryAfterMs, undefined);
    assert.equal(
      error.message,
      "budget month (tenant_id=acme) has $0.42 of $2 left and the request may need $0.9; it resets at 2026-08-31T22:00:00.000Z",
    );
  });

  it("asks to try again soon when only open calls stand in the way", () => {
    const error = refusal(refused({ openHoldsOnly: true }), nowMs);
    assert.deepEqual([error.code, error.retryAfterMs], ["rate_limit", 1_000]);
  });

  it("asks to try again when a rate will have refilled", () => {
    const error = refusal(
      refused({ account: account("minute", 600n), amount: 90n, left: 30n, resetsAtMs: nowMs + 5_500 }),
      nowMs,
    );
    assert.deepEqual([error.code, error.retryAfterMs], ["rate_limit", 5_500]);
    assert.match(error.message, /^limit minute \(tenant_id=acme\) has 30 tokens of 600 tokens left/);
  });

  it("never asks to wait for what can never fit", () => {
    for (const openHoldsOnly of [true, false]) {
      const error = refusal(refused({ account: account("minute", 50n), amount: 90n, openHoldsOnly }), nowMs);
      assert.deepEqual([error.code, error.retryAfterMs], ["insufficient_quota", undefined]);
    }
  });

  it("waits for a slot, not for a window", () => {
    const slots = refused({ account: account("open", 8n, ""), amount: 1n, left: 0n, openHoldsOnly: true });
    const error = refusal(slots, nowMs);
    assert.equal(error.code, "rate_limit");
    assert.match(error.message, /^limit open has 0 concurrent of 8 concurrent left/);
  });
});
