import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { passBody } from "../../../src/exchange/answer/passing.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { beginAnswer, exchangesOn, snapshotOf } from "../../support/exchange/exchanges.ts";
import {
  type VendorPrices,
  type Vocabulary,
  type WorstBill,
  worstBillOf,
} from "../../support/ledger/worst-bill.ts";

/** USD a million tokens, which is a thousand nano-USD a token. */
const price = "price: { input: 1, cacheWrite: 1.25, cacheWrite1h: 2, output: 5, flex: 1, priority: 3 }";
const prices: VendorPrices = {
  input: 1000n,
  output: 5000n,
  cacheWrite1h: 2000n,
  tierFactors: { flex: 1n, priority: 3n },
};

const claude = "anthropic.claude-sonnet-4-5-20250929-v1:0";
const titan = "amazon.titan-embed-text-v2:0";
const config = `
version: 1
backends:
  openai: { provider: openai, apiKey: "\${env:KEY}", ${price} }
  any: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", ${price} }
  anthropic: { provider: anthropic, apiKey: "\${env:KEY}", ${price} }
  gemini: { provider: gemini, apiKey: "\${env:KEY}", ${price} }
  bedrock: { provider: bedrock, region: us-east-1, apiKey: "\${env:KEY}", ${price} }
  cohere: { provider: cohere, apiKey: "\${env:KEY}", ${price} }
models:
  gpt-4.1: { targets: [openai/gpt-4.1] }
  any: { targets: [any/llama] }
  instruct: { targets: [openai/gpt-3.5-turbo-instruct] }
  text-embedding-3-small: { targets: [openai/text-embedding-3-small] }
  claude-sonnet-4-5: { targets: [anthropic/claude-sonnet-4-5] }
  gemini-2.5-flash: { targets: [gemini/gemini-2.5-flash] }
  gemini-embedding-001: { targets: [gemini/gemini-embedding-001] }
  "${claude}": { targets: ["bedrock/${claude}"] }
  "${titan}": { targets: ["bedrock/${titan}"] }
  embed-v4.0: { targets: [cohere/embed-v4.0] }
  rerank-v3.5: { targets: [cohere/rerank-v3.5] }
identity: [{ type: anonymous, tenant_id: local }]
`;
const clock = manualClock("2026-11-03T12:00:00Z");
const exchanges = exchangesOn(snapshotOf(config, { KEY: "k" }), new MemoryLedger({ clock }), clock);

const text = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 300 }),
  fc.string({ unit: "binary", maxLength: 100 }),
  fc.lorem({ maxCount: 60 }),
);
const cap = fc.integer({ min: 1, max: 2000 });
const choices = fc.integer({ min: 1, max: 8 });
const texts = fc.array(text, { minLength: 1, maxLength: 5 });
const tier = fc.constantFrom("auto", "default", "flex", "priority");
const schema = fc.record({
  type: fc.constant("object"),
  description: text,
  properties: fc.dictionary(
    fc.stringMatching(/^[a-z]{1,12}$/),
    fc.record({ type: fc.constant("string"), description: text }),
    { maxKeys: 3 },
  ),
});

/** Members that some server heeds: each is refused, or reaches nobody, or is held. */
const smuggled = fc.oneof(
  { weight: 4, arbitrary: fc.constant({}) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom(
          "n_predict",
          "num_predict",
          "max_new_tokens",
          "min_tokens",
          "N_Predict",
          "n_cmpl",
          "best_of",
          "max_length",
          "maxTokens",
          "MAX_TOKENS",
        ),
        fc.integer({ min: 1, max: 1_000_000 }),
      )
      .map(([key, value]) => ({ [key]: value })),
  },
);

function optional(values: Readonly<Record<string, fc.Arbitrary<unknown>>>): fc.Arbitrary<object> {
  return fc.record(values, { requiredKeys: [] });
}

const said = texts.map((all) =>
  all.map((content, at) => ({ role: at % 2 === 0 ? "user" : "assistant", content })),
);
const functions = fc.array(
  fc.record({
    type: fc.constant("function"),
    function: fc.record({ name: fc.constant("f"), description: text, parameters: schema }),
  }),
  { maxLength: 2 },
);

interface Form {
  readonly path: string;
  readonly generates: boolean;
  readonly vocabulary?: Vocabulary;
  readonly body: fc.Arbitrary<object>;
  /** Beside the body, where the vendor may heed more than its format has. */
  readonly smuggled?: fc.Arbitrary<object>;
  /** The vendor's whole answer that says it used this. */
  readonly answer: (bill: WorstBill) => object;
}

const chatOptions = optional({
  max_tokens: cap,
  max_completion_tokens: cap,
  n: choices,
  service_tier: tier,
  tools: functions,
});

/** Every format with its operation, what may be asked in it, and how its vendor says what it used. */
const forms: Readonly<Record<string, Form>> = {
  chat: {
    path: "/v1/chat/completions",
    generates: true,
    body: fc.tuple(said, chatOptions).map(([messages, more]) => ({ model: "gpt-4.1", messages, ...more })),
    answer: chatAnswer,
  },
  "chat of an unnamed server": {
    path: "/v1/chat/completions",
    generates: true,
    body: fc.tuple(said, chatOptions).map(([messages, more]) => ({ model: "any", messages, ...more })),
    smuggled,
    answer: chatAnswer,
  },
  responses: {
    path: "/v1/responses",
    generates: true,
    body: fc
      .tuple(said, text, optional({ max_output_tokens: cap, service_tier: tier }))
      .map(([input, instructions, more]) => ({ model: "gpt-4.1", input, instructions, ...more })),
    answer: ({ inputTokens, outputTokens }) => ({
      id: "resp_1",
      object: "response",
      status: "completed",
      model: "gpt-4.1",
      output: [
        {
          type: "message",
          id: "m",
          role: "assistant",
          status: "completed",
          content: [{ type: "output_text", text: "x", annotations: [] }],
        },
      ],
      usage: {
        input_tokens: inputTokens,
        output_tokens: outputTokens,
        total_tokens: inputTokens + outputTokens,
      },
    }),
  },
  completions: {
    path: "/v1/completions",
    generates: true,
    vocabulary: "cl100k_base",
    body: fc
      .tuple(fc.oneof(text, texts), optional({ max_tokens: cap, n: choices, best_of: choices, suffix: text }))
      .map(([prompt, more]) => ({ model: "instruct", prompt, ...more })),
    answer: ({ inputTokens, outputTokens }) => ({
      id: "c",
      object: "text_completion",
      created: 0,
      model: "gpt-3.5-turbo-instruct",
      choices: [{ index: 0, text: "x", finish_reason: "stop", logprobs: null }],
      usage: {
        prompt_tokens: inputTokens,
        completion_tokens: outputTokens,
        total_tokens: inputTokens + outputTokens,
      },
    }),
  },
  embeddings: {
    path: "/v1/embeddings",
    generates: false,
    vocabulary: "cl100k_base",
    body: texts.map((input) => ({ model: "text-embedding-3-small", input })),
    answer: ({ inputTokens }) => ({
      object: "list",
      data: [{ object: "embedding", index: 0, embedding: [0.5] }],
      model: "text-embedding-3-small",
      usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
    }),
  },
  messages: {
    path: "/v1/messages",
    generates: true,
    body: fc
      .tuple(said, cap, optional({ system: text, service_tier: fc.constantFrom("auto", "standard_only") }))
      .map(([messages, max_tokens, more]) => ({ model: "claude-sonnet-4-5", max_tokens, messages, ...more })),
    answer: claudeAnswer,
  },
  "Claude by InvokeModel": {
    path: `/model/${encodeURIComponent(claude)}/invoke`,
    generates: true,
    body: fc
      .tuple(said, cap)
      .map(([messages, max_tokens]) => ({ anthropic_version: "bedrock-2023-05-31", max_tokens, messages })),
    answer: claudeAnswer,
  },
  converse: {
    path: `/model/${encodeURIComponent(claude)}/converse`,
    generates: true,
    body: fc.tuple(texts, optional({ maxTokens: cap })).map(([all, inferenceConfig]) => ({
      messages: all.map((one) => ({ role: "user", content: [{ text: one }] })),
      inferenceConfig,
    })),
    answer: ({ inputTokens, outputTokens }) => ({
      output: { message: { role: "assistant", content: [{ text: "x" }] } },
      stopReason: "end_turn",
      usage: { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens },
      metrics: { latencyMs: 1 },
    }),
  },
  generateContent: {
    path: "/v1beta/models/gemini-2.5-flash:generateContent",
    generates: true,
    body: fc
      .tuple(texts, optional({ maxOutputTokens: cap, candidateCount: choices }))
      .map(([all, generationConfig]) => ({
        contents: [{ role: "user", parts: all.map((one) => ({ text: one })) }],
        generationConfig,
      })),
    answer: ({ inputTokens, outputTokens }) => ({
      candidates: [{ index: 0, content: { role: "model", parts: [{ text: "x" }] }, finishReason: "STOP" }],
      usageMetadata: {
        promptTokenCount: inputTokens,
        candidatesTokenCount: outputTokens,
        totalTokenCount: inputTokens + outputTokens,
      },
      modelVersion: "gemini-2.5-flash",
    }),
  },
  embedContent: {
    path: "/v1beta/models/gemini-embedding-001:embedContent",
    generates: false,
    body: texts.map((all) => ({ content: { parts: all.map((one) => ({ text: one })) } })),
    answer: () => ({ embedding: { values: [0.5] } }),
  },
  "Cohere's embed": {
    path: "/v2/embed",
    generates: false,
    body: texts.map((all) => ({
      model: "embed-v4.0",
      input_type: "search_query",
      embedding_types: ["float"],
      texts: all,
    })),
    answer: ({ inputTokens }) => ({
      id: "e",
      embeddings: { float: [[0.5]] },
      texts: [],
      meta: { billed_units: { input_tokens: inputTokens } },
    }),
  },
  "Cohere's rerank": {
    path: "/v2/rerank",
    generates: false,
    body: fc.tuple(text, texts).map(([query, documents]) => ({ model: "rerank-v3.5", query, documents })),
    answer: () => ({
      id: "r",
      results: [{ index: 0, relevance_score: 0.5 }],
      meta: { billed_units: { search_units: 1 } },
    }),
  },
  Titan: {
    path: `/model/${encodeURIComponent(titan)}/invoke`,
    generates: false,
    body: text.map((inputText) => ({ inputText })),
    answer: ({ inputTokens }) => ({ embedding: [0.5], inputTextTokenCount: inputTokens }),
  },
};

function chatAnswer({ inputTokens, outputTokens }: WorstBill): object {
  return {
    id: "c",
    object: "chat.completion",
    created: 0,
    model: "gpt-4.1",
    choices: [{ index: 0, message: { role: "assistant", content: "x" }, finish_reason: "stop" }],
    usage: {
      prompt_tokens: inputTokens,
      completion_tokens: outputTokens,
      total_tokens: inputTokens + outputTokens,
    },
  };
}

function claudeAnswer({ inputTokens, outputTokens }: WorstBill): object {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "claude-sonnet-4-5",
    content: [{ type: "text", text: "x" }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: inputTokens, output_tokens: outputTokens },
  };
}

describe("The hold covers the worst bill, and no more than the hold is charged:", () => {
  for (const [name, form] of Object.entries(forms))
    it(name, async () => {
      let left = 0;
      await fc.assert(
        fc.asyncProperty(form.body, form.smuggled ?? fc.constant({}), async (asked, more) => {
          const { exchange, outcome } = await exchanges.ask({ ...asked, ...more }, form.path);
          if (outcome.kind !== "forward") {
            await exchanges.close(exchange);
            assert.ok(outcome.kind === "reply" && outcome.reply.status === 400, JSON.stringify(more));
            return;
          }
          left += 1;
          const bill = worstBillOf(
            JSON.parse(outcome.body.toString()),
            prices,
            form.generates,
            form.vocabulary ?? "o200k_base",
          );
          const held = exchange.forwarded?.plan.hold.costNanoUsd ?? 0n;
          assert.ok(held >= bill.nanoUsd, `held ${held}, billed ${bill.nanoUsd}: ${outcome.body}`);
          beginAnswer(exchange, "application/json");
          passBody(exchange, Buffer.from(JSON.stringify(form.answer(bill))), true);
          await exchanges.close(exchange);
          const record = exchanges.records.pop();
          assert.equal(record?.exchange_id, exchange.id);
          assert.ok(BigInt(record.cost_nano_usd ?? -1) >= 0n && BigInt(record.cost_nano_usd ?? 0) <= held);
        }),
        { numRuns: 30 },
      );
      assert.ok(left > 8, `only ${left} requests left`);
    });
});
