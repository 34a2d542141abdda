import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headersOf } from "../../../src/core/headers.ts";
import { dialects } from "../../../src/dialect/index.ts";
import { costOf, type Rate } from "../../../src/price/rate.ts";
import type { Usage } from "../../../src/usage/usage.ts";
import { frameEventStream } from "../../support/dialect/event-stream-frames.ts";

/** A price for each class, so that every token shows in the sum: nano-dollars a token are powers of ten and their doubles. */
const rate: Rate = {
  input: 1_000n,
  cachedInput: 100n,
  cacheWrite: 1_250n,
  cacheWrite1h: 2_000n,
  audioInput: 40_000n,
  output: 10_000n,
  reasoning: 12_000n,
  audioOutput: 80_000n,
  imageOutput: 30_000n,
  tiers: [],
  services: new Map([["priority", { input: 2_000n, output: 20_000n, tiers: [], version: "priority" }]]),
  version: "test",
};

/** One shape of usage: as it comes whole, as it comes streamed, and what it is. */
interface Shape {
  readonly path: string;
  /** Of the stream, where the path says so. */
  readonly streamPath?: string;
  readonly request: object;
  readonly whole: object;
  /** Events of the stream; absent: there is none. A list of texts is an AWS event stream. */
  readonly stream?: readonly object[] | string;
  readonly usage: Usage;
  /** Nano-dollars, summed by hand. */
  readonly cost: bigint;
}

const chat = { model: "m", messages: [{ role: "user", content: "hi" }] };
const chatWhole = (usage: object, more: object = {}) => ({
  choices: [{ index: 0, message: { role: "assistant", content: "a" }, finish_reason: "stop" }],
  usage,
  ...more,
});
const chatStream = (usage: object, more: object = {}) => [
  { choices: [{ index: 0, delta: { content: "a" }, finish_reason: null }], usage: null },
  { choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: null },
  { choices: [], usage, ...more },
];
const chatUsage = {
  prompt_tokens: 100,
  completion_tokens: 50,
  total_tokens: 150,
  prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 20, audio_tokens: 10 },
  completion_tokens_details: {
    reasoning_tokens: 25,
    audio_tokens: 5,
    accepted_prediction_tokens: 3,
    rejected_prediction_tokens: 4,
  },
};
const responsesUsage = {
  input_tokens: 100,
  output_tokens: 50,
  total_tokens: 150,
  input_tokens_details: { cached_tokens: 30, cache_write_tokens: 20 },
  output_tokens_details: { reasoning_tokens: 25 },
};
const response = { id: "r", object: "response", model: "m", status: "completed", output: [] };
const claude = { model: "m", max_tokens: 9, messages: [{ role: "user", content: "hi" }] };
const claudeUsage = {
  input_tokens: 40,
  cache_read_input_tokens: 30,
  cache_creation_input_tokens: 20,
  cache_creation: { ephemeral_5m_input_tokens: 15, ephemeral_1h_input_tokens: 5 },
  output_tokens: 50,
  output_tokens_details: { thinking_tokens: 25 },
};
const claudeWhole = {
  type: "message",
  model: "m",
  content: [{ type: "text", text: "a" }],
  stop_reason: "end_turn",
  usage: claudeUsage,
};
const claudeStream = [
  {
    type: "message_start",
    message: { ...claudeWhole, content: [], usage: { ...claudeUsage, output_tokens: 1 } },
  },
  { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } },
  { type: "content_block_delta", index: 0, delta: { type: "text_delta", text: "a" } },
  { type: "content_block_stop", index: 0 },
  {
    type: "message_delta",
    delta: { stop_reason: "end_turn" },
    // Cumulative, and what was told at the start may be null.
    usage: { input_tokens: null, output_tokens: 50, output_tokens_details: { thinking_tokens: 25 } },
  },
  { type: "message_stop" },
];
const claudeCanonical: Usage = {
  inputTokens: 90,
  outputTokens: 50,
  cachedInputTokens: 30,
  cacheWriteTokens: 15,
  cacheWrite1hTokens: 5,
  reasoningTokens: 25,
};
/** 40 at 1, 30 at 0.1, 15 at 1.25, 5 at 2, 25 at 10 and 25 at 12 nano-dollars: 40 + 3 + 18.75 + 10 + 250 + 300. */
const claudeCost = 622n;
const { max_tokens: _, model: __, ...claudeTurns } = claude;
const invoked = { anthropic_version: "bedrock-2023-05-31", max_tokens: 9, ...claudeTurns };
const converseUsage = {
  inputTokens: 40,
  outputTokens: 50,
  totalTokens: 140,
  cacheReadInputTokens: 30,
  cacheWriteInputTokens: 20,
  cacheDetails: [
    { ttl: "5m", inputTokens: 15 },
    { ttl: "1h", inputTokens: 5 },
  ],
};
const generated = (usageMetadata: object, finishReason?: string) => ({
  candidates: [{ index: 0, content: { parts: [{ text: "a" }] }, ...(finishReason && { finishReason }) }],
  usageMetadata,
});
const geminiUsage = {
  promptTokenCount: 90,
  toolUsePromptTokenCount: 10,
  cachedContentTokenCount: 30,
  candidatesTokenCount: 25,
  thoughtsTokenCount: 25,
  totalTokenCount: 150,
  promptTokensDetails: [
    { modality: "TEXT", tokenCount: 80 },
    { modality: "AUDIO", tokenCount: 10 },
  ],
  candidatesTokensDetails: [{ modality: "AUDIO", tokenCount: 5 }],
};

const shapes: Readonly<Record<string, Shape>> = {
  "OpenAI chat: cached, written, audio and reasoning inside the totals": {
    path: "/v1/chat/completions",
    request: chat,
    whole: chatWhole(chatUsage),
    stream: chatStream(chatUsage),
    usage: {
      inputTokens: 100,
      outputTokens: 50,
      cachedInputTokens: 30,
      cacheWriteTokens: 20,
      audioInputTokens: 10,
      reasoningTokens: 25,
      audioOutputTokens: 5,
    },
    // 40 + 30 × 0.1 + 20 × 1.25 + 10 × 40 + 20 × 10 + 25 × 12 + 5 × 80
    cost: 1_368n,
  },
  "OpenAI chat: the tier of the answer is the one that is priced": {
    path: "/v1/chat/completions",
    request: { ...chat, service_tier: "auto" },
    whole: chatWhole({ prompt_tokens: 10, completion_tokens: 5 }, { service_tier: "priority" }),
    stream: chatStream({ prompt_tokens: 10, completion_tokens: 5 }, { service_tier: "priority" }),
    usage: { inputTokens: 10, outputTokens: 5, serviceTier: "priority" },
    cost: 120n,
  },
  "a compatible server: nothing but totals": {
    path: "/v1/chat/completions",
    request: chat,
    whole: chatWhole({ prompt_tokens: 10, completion_tokens: 5 }),
    stream: chatStream({ prompt_tokens: 10, completion_tokens: 5 }),
    usage: { inputTokens: 10, outputTokens: 5 },
    cost: 60n,
  },
  "OpenAI responses": {
    path: "/v1/responses",
    request: { model: "m", input: "hi" },
    whole: { ...response, usage: responsesUsage },
    stream: [
      { type: "response.created", response: { ...response, status: "in_progress", usage: null } },
      { type: "response.output_text.delta", delta: "a" },
      { type: "response.completed", response: { ...response, usage: responsesUsage } },
    ],
    usage: {
      inputTokens: 100,
      outputTokens: 50,
      cachedInputTokens: 30,
      cacheWriteTokens: 20,
      reasoningTokens: 25,
    },
    // 50 + 30 × 0.1 + 20 × 1.25 + 25 × 10 + 25 × 12
    cost: 628n,
  },
  "OpenAI completions": {
    path: "/v1/completions",
    request: { model: "m", prompt: "hi" },
    whole: {
      choices: [{ index: 0, text: "a", finish_reason: "stop" }],
      usage: { prompt_tokens: 10, completion_tokens: 5 },
    },
    stream: [
      { choices: [{ index: 0, text: "a", finish_reason: "stop" }], usage: null },
      { choices: [], usage: { prompt_tokens: 10, completion_tokens: 5 } },
    ],
    usage: { inputTokens: 10, outputTokens: 5 },
    cost: 60n,
  },
  "OpenAI embeddings": {
    path: "/v1/embeddings",
    request: { model: "m", input: "hi" },
    whole: { data: [], usage: { prompt_tokens: 10, total_tokens: 10 } },
    usage: { inputTokens: 10, outputTokens: 0 },
    cost: 10n,
  },
  "Anthropic: cached and written beside the input": {
    path: "/v1/messages",
    request: claude,
    whole: claudeWhole,
    stream: claudeStream,
    usage: claudeCanonical,
    cost: claudeCost,
  },
  "Bedrock's Claude": {
    path: "/model/anthropic.claude/invoke",
    streamPath: "/model/anthropic.claude/invoke-with-response-stream",
    request: invoked,
    whole: claudeWhole,
    stream: claudeStream.map((event) => `#chunk ${JSON.stringify(event)}`).join("\n"),
    usage: claudeCanonical,
    cost: claudeCost,
  },
  "Bedrock Converse: cached and written beside the input": {
    path: "/model/anthropic.claude/converse",
    streamPath: "/model/anthropic.claude/converse-stream",
    request: { messages: [{ role: "user", content: [{ text: "hi" }] }] },
    whole: {
      output: { message: { role: "assistant", content: [{ text: "a" }] } },
      stopReason: "end_turn",
      usage: converseUsage,
    },
    stream: [
      'messageStart {"role":"assistant"}',
      'contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"a"}}',
      'messageStop {"stopReason":"end_turn"}',
      `metadata ${JSON.stringify({ usage: converseUsage })}`,
    ].join("\n"),
    usage: {
      inputTokens: 90,
      outputTokens: 50,
      cachedInputTokens: 30,
      cacheWriteTokens: 15,
      cacheWrite1hTokens: 5,
    },
    // 40 + 30 × 0.1 + 15 × 1.25 + 5 × 2 + 50 × 10
    cost: 572n,
  },
  "Gemini: thoughts beside the candidates, what tools read beside the prompt": {
    path: "/v1beta/models/g:generateContent",
    streamPath: "/v1beta/models/g:streamGenerateContent?alt=sse",
    request: { contents: [] },
    whole: generated(geminiUsage, "STOP"),
    stream: [
      generated({ promptTokenCount: 90, candidatesTokenCount: 1, totalTokenCount: 91 }),
      generated(geminiUsage, "STOP"),
    ],
    usage: {
      inputTokens: 100,
      outputTokens: 50,
      cachedInputTokens: 30,
      reasoningTokens: 25,
      audioInputTokens: 10,
      audioOutputTokens: 5,
    },
    // 60 + 30 × 0.1 + 10 × 40 + 20 × 10 + 25 × 12 + 5 × 80
    cost: 1_363n,
  },
  "Gemini: pictures": {
    path: "/v1beta/models/g:generateContent",
    streamPath: "/v1beta/models/g:streamGenerateContent?alt=sse",
    request: { contents: [] },
    ...same({
      promptTokenCount: 10,
      candidatesTokenCount: 7,
      candidatesTokensDetails: [{ modality: "IMAGE", tokenCount: 7 }],
    }),
    usage: { inputTokens: 10, outputTokens: 7, imageOutputTokens: 7 },
    cost: 220n,
  },
  "Cohere embeddings: pictures beside the text": {
    path: "/v2/embed",
    request: { model: "m", texts: ["a"] },
    whole: { embeddings: {}, meta: { billed_units: { input_tokens: 10, image_tokens: 5 } } },
    usage: { inputTokens: 15, outputTokens: 0, imageInputTokens: 5 },
    cost: 15n,
  },
  "Titan embeddings": {
    path: "/model/titan-embed/invoke",
    request: { inputText: "hi" },
    whole: { embedding: [1], inputTextTokenCount: 10 },
    usage: { inputTokens: 10, outputTokens: 0 },
    cost: 10n,
  },
  "Gemini embeddings, where it tells tokens": {
    path: "/v1beta/models/g:embedContent",
    request: { content: { parts: [{ text: "hi" }] } },
    whole: { embedding: { values: [1] }, usageMetadata: { promptTokenCount: 10 } },
    usage: { inputTokens: 10, outputTokens: 0 },
    cost: 10n,
  },
  "Cohere rerank, where it tells tokens": {
    path: "/v2/rerank",
    request: { model: "m", query: "q", documents: ["a"] },
    whole: { results: [], meta: { tokens: { input_tokens: 10 } } },
    usage: { inputTokens: 10, outputTokens: 0 },
    cost: 10n,
  },
};

function same(usage: object): Pick<Shape, "whole" | "stream"> {
  return { whole: generated(usage, "STOP"), stream: [generated(usage, "STOP")] };
}

/** What a dialect makes of an answer's bytes. */
function usageOf(path: string, request: object, contentType: string, bytes: Buffer): Usage | undefined {
  for (const dialect of dialects) {
    const operation = dialect.match("POST", path);
    if (operation === undefined) continue;
    const facts = dialect.inspect(Buffer.from(JSON.stringify(request)), operation);
    const headers = headersOf({ "content-type": contentType });
    const transform = dialect.passResponse({ status: 200, headers, facts, onText: () => {} });
    transform.push(bytes, true);
    assert.equal(transform.seen.error, undefined);
    assert.equal(transform.seen.complete, true);
    assert.equal(transform.seen.usagePartial, false);
    return transform.seen.usage;
  }
  return assert.fail(`${path} is nobody's`);
}

/** A stream's bytes, as its kind is written. */
function streamOf(path: string, events: readonly object[] | string): readonly [type: string, bytes: Buffer] {
  if (typeof events === "string") return ["application/vnd.amazon.eventstream", frameEventStream(events)];
  const text = events
    .map((event) => {
      const { type } = event as { readonly type?: string };
      return `${type === undefined ? "" : `event: ${type}\n`}data: ${JSON.stringify(event)}\n\n`;
    })
    .join("");
  const done = /completions$/.test(path) ? "data: [DONE]\n\n" : "";
  return ["text/event-stream", Buffer.from(text + done)];
}

describe("usage and its cost", () => {
  for (const [title, { path, streamPath, request, whole, stream, usage, cost }] of Object.entries(shapes))
    it(`${title}: the same whole and streamed`, () => {
      const seen = usageOf(path, request, "application/json", Buffer.from(JSON.stringify(whole)));
      assert.deepEqual(seen, usage);
      assert.equal(costOf(rate, seen ?? assert.fail()), cost);
      if (stream === undefined) return;
      const [type, bytes] = streamOf(path, stream);
      const body = streamPath === undefined ? { ...request, stream: true } : request;
      assert.deepEqual(usageOf(streamPath ?? path, body, type, bytes), usage);
    });
});
