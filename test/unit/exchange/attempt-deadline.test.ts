import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { attemptAt } from "../../../src/exchange/attempt/attempt-at.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const config = `
version: 1
backends:
  a: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 2 } }
  b: { provider: openai-compatible, endpoint: "http://127.0.0.1:9901/v1", price: { input: 1, output: 2 } }
models:
  both: { targets: [a/m, b/m], timeouts: { attempt: 1s } }
identity: [{ type: anonymous, tenant_id: local }]
`;

/** The class of a first try after which the second began so late; it took a while to be written. */
async function classAfter(writtenMs: number, nextMs: number): Promise<string | undefined> {
  const clock = manualClock("2026-08-03T12:00:00Z");
  const exchanges = exchangesOn(snapshotOf(config), new MemoryLedger({ clock }), clock);
  const { exchange } = await exchanges.ask({ model: "both", messages: [{ role: "user", content: "hi" }] });
  const { forwarded } = exchange;
  assert.ok(forwarded !== undefined);
  const first = attemptAt(forwarded, 1);
  clock.advance(writtenMs);
  first.sent(clock.monotonicMs());
  clock.advance(nextMs - writtenMs);
  attemptAt(forwarded, 2);
  return first.outcome.kind === "failed" ? first.outcome.class : undefined;
}

describe("a try that the next one follows", () => {
  it("ran out of time where it lasted for its deadline", async () => {
    assert.equal(await classAfter(0, 1_000), "timeout");
    assert.equal(await classAfter(0, 1_500), "timeout");
  });

  it("ran out of time where its request was written late, or the proxy's timer had started before", async () => {
    assert.equal(await classAfter(300, 1_000), "timeout");
    assert.equal(await classAfter(0, 950), "timeout");
  });

  it("failed otherwise where it was shorter", async () => {
    assert.equal(await classAfter(0, 500), "overloaded");
  });
});
