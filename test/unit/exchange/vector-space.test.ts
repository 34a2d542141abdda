import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const config = (ladder: string) => `
version: 1
backends:
  a: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1000, output: 0 } }
  b: { provider: openai-compatible, endpoint: "http://127.0.0.1:9901/v1", price: { input: 1, output: 0 } }
models:
  dear: { targets: [a/text-embedding-3-large] }
  other: { targets: [b/text-embedding-3-small] }
  same: { targets: [b/text-embedding-3-large] }
identity: [{ type: anonymous, tenant_id: local }]
budgets: [{ name: day, usd: 0.0001, window: day, exceeded: ${ladder} }]
`;

describe("a budget's ladder, asked for embeddings", () => {
  const offered = async (ladder: string) => {
    const clock = manualClock("2026-08-03T12:00:00Z");
    const exchanges = exchangesOn(snapshotOf(config(ladder)), new MemoryLedger({ clock }), clock);
    const { exchange } = await exchanges.ask({ model: "dear", input: "hi there" }, "/v1/embeddings");
    return exchange.ending === undefined ? exchange.forwarded?.plan.model : exchange.errorCode;
  };

  it("leads to the same model elsewhere, and past one whose vectors are others", async () => {
    assert.equal(await offered("[{ use: other }, { use: same }, reject]"), "same");
    assert.equal(await offered("[{ use: other }, reject]"), "insufficient_quota");
  });
});
