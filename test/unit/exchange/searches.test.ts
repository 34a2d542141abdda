import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { passBody } from "../../../src/exchange/answer/passing.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { beginAnswer, exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const config = `
version: 1
backends:
  cohere: { provider: cohere, apiKey: "\${env:KEY}" }
models:
  rerank: { targets: [cohere/rerank-v3.5] }
identity: [{ type: anonymous, tenant_id: local }]
`;
const clock = manualClock("2026-11-03T12:00:00Z");
const exchanges = exchangesOn(snapshotOf(config, { KEY: "k" }), new MemoryLedger({ clock }), clock);
/** 0.002 USD. */
const nanoUsdPerSearch = 2_000_000n;

describe("A request to rerank, which Cohere bills by searches of 100 documents or chunks", () => {
  const requests: readonly (readonly [documents: readonly string[], searches: number])[] = [
    [["x"], 1],
    [Array.from({ length: 100 }, () => "x"), 1],
    [Array.from({ length: 101 }, () => "x"), 2],
    [Array.from({ length: 1000 }, () => "x"), 10],
    // 1,200 words of one token each are three chunks.
    [Array.from({ length: 50 }, () => "word ".repeat(1200)), 2],
  ];
  for (const [documents, searches] of requests)
    it(`holds and charges ${searches} for ${documents.length} documents of ${documents[0]?.length} bytes`, async () => {
      const { exchange } = await exchanges.ask({ model: "rerank", query: "q", documents }, "/v2/rerank");
      const held = exchange.forwarded?.plan.hold.costNanoUsd ?? 0n;
      assert.ok(held >= nanoUsdPerSearch * BigInt(searches), String(held));
      beginAnswer(exchange, "application/json");
      const meta = { billed_units: { search_units: searches } };
      const answer = { id: "r", results: [{ index: 0, relevance_score: 0.5 }], meta };
      passBody(exchange, Buffer.from(JSON.stringify(answer)), true);
      await exchanges.close(exchange);
      const record = exchanges.records.find(({ exchange_id: id }) => id === exchange.id);
      assert.equal(record?.cost_nano_usd, String(nanoUsdPerSearch * BigInt(searches)));
    });

  it("holds one search where documents are few and short", async () => {
    const { exchange } = await exchanges.ask({ model: "rerank", query: "q", documents: ["x"] }, "/v2/rerank");
    assert.equal(exchange.forwarded?.plan.hold.costNanoUsd, nanoUsdPerSearch);
    await exchanges.close(exchange);
  });
});
