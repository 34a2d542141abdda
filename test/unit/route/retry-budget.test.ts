import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { RetryBudget } from "../../../src/route/retry-budget.ts";

const limits = { percent: 20, atLeastPerSecond: 0 };

/** A budget after so many requests and retries at one moment. */
function after(requests: number, retries: number, nowMs = 0): RetryBudget {
  const budget = new RetryBudget();
  for (let at = 0; at < requests; at += 1) budget.began(1, nowMs);
  for (let at = 0; at < retries; at += 1) budget.began(2, nowMs);
  return budget;
}

describe("RetryBudget", () => {
  it("is exhausted once retries are their share of the requests", () => {
    assert.equal(after(100, 19).exhausted(limits, 0), false);
    assert.equal(after(100, 20).exhausted(limits, 0), true);
  });

  it("allows a few where there is little traffic", () => {
    const few = { percent: 20, atLeastPerSecond: 3 };
    assert.equal(after(1, 29).exhausted(few, 0), false);
    assert.equal(after(1, 30).exhausted(few, 0), true);
  });

  it("forgets what is older than ten seconds, second by second", () => {
    const budget = after(50, 10, 500);
    budget.began(1, 5_000);
    assert.deepEqual(budget.usage(limits, 9_999), { requests: 51, retries: 10, allowed: 10 });
    assert.deepEqual(budget.usage(limits, 10_000), { requests: 1, retries: 0, allowed: 0 });
    assert.deepEqual(budget.usage(limits, 1_000_000), { requests: 0, retries: 0, allowed: 0 });
  });

  it("goes on from where another one stands", () => {
    const budget = new RetryBudget({ requests: 100, retries: 20 }, 60_000);
    assert.equal(budget.exhausted(limits, 60_500), true);
    assert.equal(budget.usage(limits, 70_000).retries, 0);
  });

  it("keeps retries within the share under a steady load where every first attempt fails", () => {
    const budget = new RetryBudget();
    let retries = 0;
    for (let second = 0; second < 60; second += 1)
      for (let request = 0; request < 100; request += 1) {
        const nowMs = second * 1_000 + request * 10;
        const single = budget.exhausted(limits, nowMs);
        budget.began(1, nowMs);
        if (single) continue;
        budget.began(2, nowMs);
        retries += 1;
      }
    assert.ok(retries <= 0.21 * 6_000, `${retries} retries`);
    assert.ok(retries >= 0.15 * 6_000, `${retries} retries`);
  });
});
