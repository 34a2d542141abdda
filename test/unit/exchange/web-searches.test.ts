import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { passBody } from "../../../src/exchange/answer/passing.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { beginAnswer, exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const config = `
version: 1
backends:
  anthropic: { provider: anthropic, apiKey: "\${env:KEY}" }
  dear: { provider: anthropic, apiKey: "\${env:KEY}", price: { input: 1, output: 2, search: 0.05 } }
  unbounded: { provider: anthropic, apiKey: "\${env:KEY}", price: { input: 1, output: 2 } }
  bedrock: { provider: bedrock, region: us-east-1, apiKey: "\${env:KEY}" }
  chat: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 2 } }
models:
  claude: { targets: [anthropic/claude-sonnet-4-5] }
  dear: { targets: [dear/claude-sonnet-4-5] }
  unbounded: { targets: [unbounded/a-model-that-nobody-knows] }
  other: { targets: [chat/m] }
identity: [{ type: anonymous, tenant_id: local }]
`;
const clock = manualClock("2026-12-01T12:00:00Z");
const exchanges = exchangesOn(snapshotOf(config, { KEY: "k" }), new MemoryLedger({ clock }), clock);

const search = { type: "web_search_20250305", name: "web_search", max_uses: 5 };
const body = (model: string, tools: readonly object[] = [search]) => ({
  model,
  max_tokens: 100,
  messages: [{ role: "user", content: "hi" }],
  tools,
});
const usage = (searches: number) => ({
  input_tokens: 9_548,
  output_tokens: 80,
  server_tool_use: { web_search_requests: searches },
});

/** Asks, and answers with so many searches; without an answer the exchange is cut. */
async function asked(model: string, searches: number | undefined) {
  const { exchange } = await exchanges.ask(body(model), "/v1/messages");
  const held = exchange.forwarded?.plan.hold.costNanoUsd ?? 0n;
  if (searches === undefined) exchange.end("upstream_reset");
  else {
    beginAnswer(exchange, "application/json");
    const answer = {
      ...{ id: "m", type: "message", role: "assistant", model: "claude-sonnet-4-5", stop_reason: "end_turn" },
      content: [{ type: "text", text: "Found." }],
      usage: usage(searches),
    };
    passBody(exchange, Buffer.from(JSON.stringify(answer)), true);
  }
  await exchanges.close(exchange);
  const record = exchanges.records.find(({ exchange_id: id }) => id === exchange.id);
  assert.ok(record !== undefined);
  return { held, record };
}

async function refusal(model: string, tools?: readonly object[]): Promise<string> {
  const { exchange, outcome } = await exchanges.ask(body(model, tools), "/v1/messages");
  assert.ok(outcome.kind === "reply", outcome.kind);
  assert.equal(outcome.reply.status, 400);
  await exchanges.close(exchange);
  return outcome.reply.body.toString();
}

describe("web searches that Anthropic makes, which it bills by the search", () => {
  it("are charged beside the tokens, at 10 dollars a thousand, and counted in the record", async () => {
    const [none, three] = [(await asked("claude", 0)).record, (await asked("claude", 3)).record];
    assert.equal(BigInt(three.cost_nano_usd ?? 0) - BigInt(none.cost_nano_usd ?? 0), 30_000_000n);
    assert.deepEqual([none.web_searches, three.web_searches, three.usage_source], [undefined, 3, "provider"]);
    assert.equal(three.cost_max_nano_usd, "0");
  });

  it("are held with all that they may find: a full window at each search, and once more", async () => {
    const { held, record } = await asked("claude", 5);
    // Five fees, and 200,000 tokens at 3 dollars a million, read six times.
    assert.ok(held >= 50_000_000n + 6n * 600_000_000n, `${held}`);
    assert.ok(held >= BigInt(record.cost_nano_usd ?? 0));
  });

  it("cost what the config says", async () => {
    const [none, two] = [(await asked("dear", 0)).record, (await asked("dear", 2)).record];
    assert.equal(BigInt(two.cost_nano_usd ?? 0) - BigInt(none.cost_nano_usd ?? 0), 100_000_000n);
  });

  it("are charged at the hold where nobody says how many there were", async () => {
    const { held, record } = await asked("claude", undefined);
    assert.equal(record.cost_nano_usd, String(held));
  });

  it("are refused where their number, their price or what they find has no bound", async () => {
    const { max_uses: _, ...unlimited } = search;
    assert.match(await refusal("claude", [unlimited]), /tools\[\]\.max_uses is missing/);
    assert.match(await refusal("unbounded"), /web_search runs at the provider/);
    assert.match(await refusal("claude", [{ ...search, type: "web_search_20260209" }]), /web_search runs/);
  });

  it("are refused by name for a provider of another format", async () =>
    assert.match(await refusal("other"), /tools\[0\]\.type/));
});
