import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const config = `
version: 1
backends:
  openai: { provider: openai, apiKey: "\${env:KEY}", price: { input: 1, output: 2 } }
  chat: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", apis: [chat], price: { input: 1, output: 2 } }
models:
  own: { targets: [openai/gpt-5.1] }
  other: { targets: [chat/m] }
  both: { targets: [openai/gpt-5.1, chat/m] }
identity: [{ type: anonymous, tenant_id: local }]
`;
const clock = manualClock("2026-12-01T12:00:00Z");
const exchanges = exchangesOn(snapshotOf(config, { KEY: "k" }), new MemoryLedger({ clock }), clock);

const types = ["web_search", "web_search_2025_08_26", "web_search_preview", "web_search_preview_2025_03_11"];

async function ask(model: string, type: string) {
  const { exchange, outcome } = await exchanges.ask(
    { model, input: "hi", max_output_tokens: 10, tools: [{ type }] },
    "/v1/responses",
  );
  const backends = exchange.forwarded?.plan.targets.map(({ target }) => target.backend);
  exchange.end("downstream_reset");
  await exchanges.close(exchange);
  return { outcome, backends };
}

describe("a tool that OpenAI would run and bill itself", () => {
  for (const type of types) {
    it(`is refused by its name where OpenAI alone would answer: ${type}`, async () => {
      const { outcome } = await ask("own", type);
      assert.ok(outcome.kind === "reply");
      assert.equal(outcome.reply.status, 400);
      assert.match(outcome.reply.body.toString(), /tools\[\] of type web_search\w* runs at the provider/);
      assert.match(outcome.reply.body.toString(), /"param":"tools\[\]\.type"/);
    });

    it(`is left out for a server of another format: ${type}`, async () => {
      assert.deepEqual((await ask("other", type)).backends, ["chat"]);
    });

    it(`passes OpenAI over where a server of another format is there, too: ${type}`, async () => {
      assert.deepEqual((await ask("both", type)).backends, ["chat"]);
    });
  }

  it("is refused inside a namespace", async () => {
    const tools = [{ type: "namespace", name: "n", tools: [{ type: "web_search" }] }];
    const { exchange, outcome } = await exchanges.ask(
      { model: "other", input: "hi", tools },
      "/v1/responses",
    );
    assert.ok(outcome.kind === "reply");
    assert.equal(outcome.reply.status, 400);
    await exchanges.close(exchange);
  });
});
