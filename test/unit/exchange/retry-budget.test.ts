import assert from "node:assert/strict";
import { beforeEach, describe, it } from "node:test";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { formatTarget } from "../../../src/plan/plan.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { type Exchanges, exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const backend = (port: number) =>
  `{ provider: openai-compatible, endpoint: "http://127.0.0.1:${port}/v1", price: { input: 1, output: 1 } }`;
const snapshot = snapshotOf(`
version: 1
backends:
  alpha: ${backend(9900)}
  beta: ${backend(9901)}
models:
  both: { targets: [alpha/m, beta/m] }
retries: { budget: 10%, atLeastPerSecond: 0 }
identity: [{ type: anonymous, tenant_id: local }]
`);
const alpha = { backend: "alpha", model: "m" };
const body = { model: "both", messages: [{ role: "user", content: "hello" }] };

describe("the retry budget", () => {
  const clock = manualClock("2026-08-03T12:00:00Z");
  let exchanges: Exchanges;
  let withheld = 0;
  beforeEach(() => {
    withheld = 0;
    const all = exchangesOn(snapshot, new MemoryLedger({ clock }), clock);
    all.services.observer.retriesWithheld = () => {
      withheld += 1;
    };
    exchanges = all;
    for (let request = 0; request < 100; request += 1) began(1);
  });

  const began = (attempt: number): void => exchanges.services.retryBudget.began(attempt, clock.monotonicMs());

  async function planned(): Promise<{
    readonly targets: readonly string[];
    readonly left: readonly string[];
  }> {
    const { exchange } = await exchanges.ask(body);
    const targets = exchange.forwarded?.plan.targets.map(({ target }) => formatTarget(target)) ?? [];
    const rejected = exchange.admitted?.rejected ?? [];
    const left = rejected.map(({ target, reason }) => `${formatTarget(target)}: ${reason}`);
    await exchanges.close(exchange);
    return { targets, left };
  }

  it("leaves plans as they are while there is room", async () => {
    for (let retry = 0; retry < 9; retry += 1) began(2);
    assert.deepEqual(await planned(), { targets: ["alpha/m", "beta/m"], left: [] });
    assert.equal(withheld, 0);
  });

  it("leaves one attempt to each plan once it is used up, and says so, until the window has passed", async () => {
    for (let retry = 0; retry < 20; retry += 1) began(2);
    assert.deepEqual(await planned(), {
      targets: ["alpha/m"],
      left: ["beta/m: the retry budget is used up"],
    });
    assert.equal(withheld, 1);
    clock.advance(10_000);
    for (let request = 0; request < 100; request += 1) began(1);
    assert.equal((await planned()).targets.length, 2);
  });

  it("does not leave the one attempt to a target that is due for its probe", async () => {
    const { health } = exchanges.services;
    for (let failure = 0; failure < 5; failure += 1)
      health.note(alpha, { kind: "failed" }, clock.monotonicMs());
    clock.advance(1_000);
    for (let retry = 0; retry < 20; retry += 1) began(2);
    assert.equal(health.state(alpha, clock.monotonicMs()).kind, "probing");
    assert.deepEqual((await planned()).targets, ["beta/m"]);
  });
});
