import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import {
  beginAnswer,
  type Exchanges,
  endAnswer,
  exchangesOn,
  snapshotOf,
} from "../../support/exchange/exchanges.ts";

/** A token of `big` costs 10,000 nano-dollars, of `mid` 5,000, of `small` 1,000. */
const config = (rules: string) => `
version: 1
backends:
  a: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 10, output: 10 } }
  b: { provider: openai-compatible, endpoint: "http://127.0.0.1:9901/v1", price: { input: 5, output: 5 } }
  c: { provider: openai-compatible, endpoint: "http://127.0.0.1:9902/v1", price: { input: 1, output: 1 } }
models:
  big: { targets: [a/gpt-4.1] }
  mid: { targets: [b/gpt-4.1] }
  small: { targets: [c/gpt-4.1] }
  closed: { targets: [c/gpt-4.1] }
identity: [{ type: anonymous, tenant_id: local }]
access: [{ models: [closed], allow: { roles: [engineer] } }]
${rules}
`;
const steps = "degrade: [{ at: 80%, use: small }, { at: 90%, clamp: { atLeast: 100 } }]";

function start(rules: string) {
  const clock = manualClock("2026-08-03T12:00:00Z");
  const ledger = new MemoryLedger({ clock });
  return { ledger, clock, exchanges: exchangesOn(snapshotOf(config(rules)), ledger, clock) };
}

const request = (maxTokens: number, model = "big") => ({
  model,
  max_tokens: maxTokens,
  messages: [{ role: "user", content: "hi" }],
});

/** What a request is forwarded as: model, cap, and the budget that degraded it. */
async function offered(exchanges: Exchanges, maxTokens: number, model = "big") {
  const { exchange, outcome } = await exchanges.ask(request(maxTokens, model));
  const { plan, degradedBy } = exchange.forwarded ?? {};
  return { exchange, is: outcome.kind === "reply" ? "refused" : [plan?.model, plan?.outputCap, degradedBy] };
}

/** Ends a call that used so many output tokens. */
async function use(exchanges: Exchanges, exchange: Exchange, output: number): Promise<void> {
  beginAnswer(exchange, "text/event-stream");
  endAnswer(exchange, { input: 0, output });
  await exchanges.close(exchange);
}

/** Spends of a budget by calls of the dearest model. */
async function spend(exchanges: Exchanges, tokens: number): Promise<void> {
  const { exchange } = await offered(exchanges, tokens);
  await use(exchanges, exchange, tokens);
}

describe("a budget that degrades before it is used up", () => {
  it("offers each step from its share on, and what is asked for below the first", async () => {
    // 0.1 dollars: 10,000 tokens of the big model.
    const { exchanges } = start(`budgets: [{ name: day, usd: 0.1, window: day, ${steps} }]`);
    await spend(exchanges, 6_000);
    const whole = await offered(exchanges, 1_500);
    assert.deepEqual(whole.is, ["big", 1_500, undefined]);
    const small = await offered(exchanges, 1_500);
    assert.deepEqual(small.is, ["small", 1_500, "day"], "the whole would pass 80%");
    await use(exchanges, whole.exchange, 1_500);
    // At 75%: settled and held together count.
    assert.deepEqual((await offered(exchanges, 8_000)).is, ["small", 8_000, "day"]);
    // Nearly 85% held and spent: 8,000 tokens of the small model would pass 90%.
    assert.deepEqual((await offered(exchanges, 8_000)).is, ["small", 4_000, "day"]);
    for (const tokens of [4_000, 4_000, 2_000])
      assert.deepEqual((await offered(exchanges, 8_000)).is, ["small", tokens, "day"], "up to the whole");
  });

  it("goes on with exceeded at the whole of it, on top of the steps taken", async () => {
    const { exchanges } = start(
      `budgets: [{ name: day, usd: 0.01, window: day, degrade: [{ at: 50%, use: mid }], exceeded: [{ clamp: { atLeast: 100 } }, reject] }]`,
    );
    await spend(exchanges, 450);
    assert.deepEqual((await offered(exchanges, 800)).is, ["mid", 800, "day"]);
    // About 0.0015 dollars are left: what is clamped is the model of the step, not what was asked for.
    assert.deepEqual((await offered(exchanges, 800)).is, ["mid", 200, "day"]);
    assert.equal((await offered(exchanges, 800)).is, "refused");
    assert.match(exchanges.limited[0]?.id ?? "", /^day\|/);
  });

  it("makes no request dearer: one that asks for less already goes on as it is", async () => {
    const { exchanges } = start(
      `budgets: [{ name: day, usd: 0.01, window: day, degrade: [{ at: 50%, use: mid }] }]`,
    );
    await spend(exchanges, 480);
    assert.deepEqual((await offered(exchanges, 100, "small")).is, ["small", 100, undefined]);
    assert.deepEqual((await offered(exchanges, 600, "small")).is, ["small", 600, undefined]);
  });

  it("passes over a step that a caller may not take", async () => {
    const { exchanges } = start(
      `budgets: [{ name: day, usd: 0.01, window: day, degrade: [{ at: 50%, use: closed }, { at: 70%, use: small }] }]`,
    );
    await spend(exchanges, 480);
    assert.deepEqual((await offered(exchanges, 150)).is, ["big", 150, undefined]);
    assert.deepEqual((await offered(exchanges, 150)).is, ["small", 150, "day"]);
  });

  it("keeps to the cheapest of several budgets' steps", async () => {
    const one = "{ name: one, usd: 0.01, window: day, degrade: [{ at: 50%, use: small }] }";
    const other = "{ name: other, usd: 0.01, window: day, degrade: [{ at: 50%, use: mid }] }";
    for (const budgets of [`${one}, ${other}`, `${other}, ${one}`]) {
      const { exchanges } = start(`budgets: [${budgets}]`);
      await spend(exchanges, 480);
      assert.deepEqual((await offered(exchanges, 200)).is, ["small", 200, "one"]);
    }
  });

  it("scales its steps with overrides, sub-caps and what is granted", async () => {
    const { exchanges, ledger } = start(
      `budgets: [{ name: month, per: [tenant_id], usd: 0.1, window: month, subcaps: [{ window: day, share: 10% }],
        overrides: [{ match: { tenant_id: local }, usd: 0.2 }], degrade: [{ at: 50%, use: small }] }]`,
    );
    // The day's share is 0.02 dollars, and half of that 1,000 tokens of the big model.
    assert.deepEqual((await offered(exchanges, 900)).is, ["big", 900, undefined]);
    assert.deepEqual((await offered(exchanges, 900)).is, ["small", 900, "month"]);
    ledger.grant("month|tenant_id=local|day@UTC|nano_usd", 20_000_000n, "ann");
    assert.deepEqual((await offered(exchanges, 900)).is, ["big", 900, undefined]);
  });

  it("lets a request that is under way go to the limit itself", async () => {
    const { exchanges, ledger } = start(`budgets: [{ name: day, usd: 0.01, window: day, ${steps} }]`);
    const { exchange } = await offered(exchanges, 700);
    const claims = (exchange.forwarded?.claims ?? []).map(({ account }) => ({ account, amount: 9_900_000n }));
    assert.equal(ledger.adjust(exchange.id, claims).kind, "taken");
    assert.equal(ledger.openHolds(), 1);
  });

  it("never lets any offer pass the share that its step is bound to", async () => {
    const limit = 10_000_000n;
    const bounds = new Map([
      ["big", 80n],
      ["small", 100n],
    ]);
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ tokens: fc.integer({ min: 1, max: 600 }), used: fc.nat(100), ends: fc.boolean() }),
          {
            maxLength: 30,
          },
        ),
        async (calls) => {
          const { exchanges, ledger } = start(`budgets: [{ name: day, usd: 0.01, window: day, ${steps} }]`);
          const open: Exchange[] = [];
          for (const { tokens, used, ends } of calls) {
            const { exchange } = await offered(exchanges, tokens);
            const day = (await ledger.accounts())[0];
            const taken = (day?.used ?? 0n) + (day?.held ?? 0n);
            const { forwarded } = exchange;
            if (forwarded?.isUnanswered === true) {
              const { degradedBy, plan } = forwarded;
              open.push(exchange);
              const shortened = plan.outputCap < tokens;
              // Whose answer is short enough already is passed over by the last step, and bound by the limit alone.
              const isClampable = plan.model === "small" && !shortened && tokens > 100;
              const percent = isClampable ? 90n : bounds.get(plan.model);
              assert.ok(taken * 100n <= limit * (percent ?? 0n), `${plan.model} at ${taken}`);
              assert.equal(degradedBy, plan.model === "big" && !shortened ? undefined : "day");
            } else await exchanges.close(exchange);
            const next = ends ? open.shift() : undefined;
            if (next !== undefined)
              await use(exchanges, next, Math.floor(((next.forwarded?.plan.outputCap ?? 0) * used) / 100));
          }
          assert.deepEqual(exchanges.bugs, []);
        },
      ),
      { numRuns: 40 },
    );
  });
});
