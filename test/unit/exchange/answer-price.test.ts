import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { passBody } from "../../../src/exchange/answer/passing.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { isSameModel } from "../../../src/price/same-model.ts";
import type { UsageRecord } from "../../../src/usage/record.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { beginAnswer, exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";

const config = `
version: 1
backends:
  openai: { provider: openai, apiKey: "\${env:KEY}" }
  anthropic: { provider: anthropic, apiKey: "\${env:KEY}" }
  own: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 10, output: 10 } }
models:
  gpt: { targets: [openai/gpt-4.1-mini] }
  claude: { targets: [anthropic/claude-opus-5] }
  own: { targets: [own/m] }
identity: [{ type: anonymous, tenant_id: local }]
`;
const clock = manualClock("2026-11-03T12:00:00Z");
const exchanges = exchangesOn(snapshotOf(config, { KEY: "k" }), new MemoryLedger({ clock }), clock);

/** The record of a whole answer that says this of itself. */
async function recordOf(model: "gpt" | "claude" | "own", answer: object): Promise<UsageRecord> {
  const path = model === "claude" ? "/v1/messages" : "/v1/chat/completions";
  const body = { model, max_tokens: 100, messages: [{ role: "user", content: "hi" }] };
  const { exchange } = await exchanges.ask(body, path);
  beginAnswer(exchange, "application/json");
  passBody(exchange, Buffer.from(JSON.stringify(answer)), true);
  await exchanges.close(exchange);
  const record = exchanges.records.find(({ exchange_id: id }) => id === exchange.id);
  assert.equal(record?.usage_source, "provider");
  return record;
}

const [input, output] = [10, 20];

function chatBy(model: string): object {
  const choices = [{ index: 0, message: { role: "assistant", content: "x" }, finish_reason: "stop" }];
  const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  return { id: "c", object: "chat.completion", created: 0, model, choices, usage };
}

function messageBy(model: string, said: object = {}): object {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model,
    content: [{ type: "text", text: "x" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: input, output_tokens: output, ...said },
  };
}

describe("An answer is charged at the price of the model that it names", () => {
  /** Nano-USD of the tokens above at so many dollars a million. */
  const nanoUsd = (inputUsd: number, outputUsd: number) =>
    Math.round((inputUsd * input + outputUsd * output) * 1000);
  const answers: readonly (readonly [
    model: "gpt" | "claude" | "own",
    answeredBy: string,
    nanoUsd: number,
  ])[] = [
    ["gpt", "gpt-4.1-mini", nanoUsd(0.4, 1.6)],
    ["gpt", "gpt-4.1-mini-2025-04-14", nanoUsd(0.4, 1.6)],
    ["gpt", "gpt-4.1", nanoUsd(2, 8)],
    ["gpt", "o1-pro-2025-03-19", nanoUsd(150, 600)],
    ["claude", "claude-opus-5", nanoUsd(5, 25)],
    ["claude", "claude-sonnet-5", nanoUsd(2, 10)],
    ["own", "anything", nanoUsd(10, 10)],
  ];
  for (const [model, answeredBy, cost] of answers)
    it(`${model} by ${answeredBy}`, async () => {
      const record = await recordOf(model, model === "claude" ? messageBy(answeredBy) : chatBy(answeredBy));
      assert.equal(record.cost_nano_usd, String(cost));
      assert.equal(record.cost_max_nano_usd, "0");
      assert.equal(record.response_model, answeredBy);
    });

  for (const [model, answer] of [
    ["gpt", chatBy("gpt-9-unheard-of")],
    ["gpt", chatBy("gpt-4.1-mini-turbo")],
    ["claude", messageBy("claude-tomorrow-7")],
  ] as const)
    it(`says that the bill may differ where the model has no price: ${JSON.stringify(answer).slice(0, 90)}`, async () => {
      const record = await recordOf(model, answer);
      assert.ok(BigInt(record.cost_max_nano_usd ?? 0) >= BigInt(record.held_nano_usd ?? 0));
    });
});

describe("An answer at a premium without a price says by how much its bill may differ", () => {
  /** By how much the dearest premium known of exceeds the standard price: fast mode of Claude Opus 4.6, six times. */
  const premiums: readonly (readonly [said: object, isPremium: boolean])[] = [
    [{ speed: "fast" }, true],
    [{ inference_geo: "us" }, true],
    [{ speed: "fast", inference_geo: "us", service_tier: "standard" }, true],
    [{ service_tier: "priority" }, true],
    [{ speed: "standard", inference_geo: "global", service_tier: "standard" }, false],
    [{ inference_geo: "not_available" }, false],
    [{ service_tier: "batch" }, false],
  ];
  for (const [said, isPremium] of premiums)
    it(JSON.stringify(said), async () => {
      const record = await recordOf("claude", messageBy("claude-opus-5", said));
      const difference = BigInt(record.cost_max_nano_usd ?? 0);
      if (isPremium) assert.ok(difference >= 5n * BigInt(record.cost_nano_usd ?? 0) && difference > 0n);
      else assert.equal(difference, 0n);
    });
});

describe("isSameModel", () => {
  const same: readonly (readonly [asked: string, answered: string])[] = [
    ["gpt-4o", "gpt-4o-2024-08-06"],
    ["gpt-4", "gpt-4-0613"],
    ["gpt-35-turbo", "gpt-3.5-turbo-0125"],
    ["claude-haiku-4-5", "claude-haiku-4-5-20251001"],
    ["claude-3-5-haiku-latest", "claude-3-5-haiku-20241022"],
    ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5-20250929"],
    ["gemini-2.0-flash", "models/gemini-2.0-flash-001"],
    ["openai/gpt-4o:free", "gpt-4o"],
  ];
  const different: typeof same = [
    ["gpt-4o", "gpt-4o-mini"],
    ["gpt-4", "gpt-4.1"],
    ["gpt-4", "gpt-4-turbo"],
    ["claude-opus-4-5", "claude-opus-4-6"],
    ["claude-opus-5", "claude-sonnet-5"],
    ["gemini-2.5-flash", "gemini-2.5-flash-lite"],
    ["m", ""],
  ];
  for (const [asked, answered] of same)
    it(`takes ${answered} for ${asked}`, () => assert.ok(isSameModel(asked, answered)));
  for (const [asked, answered] of different)
    it(`tells ${answered === "" ? "no name" : answered} from ${asked}`, () =>
      assert.ok(!isSameModel(asked, answered)));
});
