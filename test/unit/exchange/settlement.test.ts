import assert from "node:assert/strict";
import { it } from "node:test";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { beginAnswer, endAnswer, exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const config = `
version: 1
backends:
  lab: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 10, output: 10 } }
models:
  "lab/*": { targets: ["lab/*"] }
identity: [{ type: anonymous, tenant_id: local }]
`;

it("tells what holds come to by the config's entry, so that clients name no series", async () => {
  const clock = manualClock("2026-08-03T12:00:00Z");
  const exchanges = exchangesOn(snapshotOf(config), new MemoryLedger({ clock }), clock);
  const told: string[] = [];
  const observer = { ...exchanges.services.observer, settled: (model: string) => void told.push(model) };
  Object.assign(exchanges.services, { observer });
  for (const model of ["lab/one", "lab/two"]) {
    const { exchange } = await exchanges.ask({ model, messages: [{ role: "user", content: "hi" }] });
    assert.equal(exchange.forwarded?.plan.model, model);
    beginAnswer(exchange, "text/event-stream");
    endAnswer(exchange, { input: 3, output: 2 });
    await exchanges.close(exchange);
  }
  assert.deepEqual(told, ["lab/*", "lab/*"]);
});
