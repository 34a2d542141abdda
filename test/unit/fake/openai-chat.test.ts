import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import OpenAI, { AzureOpenAI } from "openai";
import { type FakeProvider, startFakeProvider } from "../../../src/fake/fake-provider.ts";
import { answerWords } from "../../../src/fake/words.ts";

const model = "gpt-5.1-mini";
const prompt = "Say something about rivers.";
const messages = [{ role: "user" as const, content: prompt }];
const tools: OpenAI.Chat.ChatCompletionTool[] = [
  {
    type: "function",
    function: {
      name: "get_weather",
      description: "Weather of a city.",
      parameters: { type: "object", properties: { city: { type: "string" }, days: { type: "integer" } } },
    },
  },
];

describe("openai-chat, asked by OpenAI's own SDK", () => {
  let fake: FakeProvider;
  let client: OpenAI;

  before(async () => {
    fake = await startFakeProvider({ apiKey: "sk-right" });
    client = new OpenAI({ apiKey: "sk-right", baseURL: `${fake.url}/v1`, maxRetries: 0 });
  });
  afterEach(() => fake.reset());
  after(() => fake.close());

  it("answers with the words of the prompt, and bills them one token each", async () => {
    const answer = await client.chat.completions.create({ model, messages });
    assert.equal(answer.choices[0]!.message.content, [...answerWords(prompt, 16)].join(""));
    assert.equal(answer.choices[0]!.finish_reason, "stop");
    // 3 for the answer's start, 3 for the message, 1 for its role, 5 for its text.
    assert.equal(answer.usage!.prompt_tokens, 12);
    assert.equal(answer.usage!.completion_tokens, 16);
    assert.equal(answer.usage!.total_tokens, 28);
    assert.match(answer._request_id ?? "", /^req_[0-9a-f]{32}$/);
  });

  it("streams the same words, and tells usage in a chunk of its own before the end", async () => {
    const chunks: OpenAI.Chat.ChatCompletionChunk[] = [];
    const stream = await client.chat.completions.create({
      model,
      messages,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const chunk of stream) chunks.push(chunk);
    const text = chunks.map((chunk) => chunk.choices[0]?.delta.content ?? "").join("");
    assert.equal(text, [...answerWords(prompt, 16)].join(""));
    assert.ok(chunks.slice(0, -1).every((chunk) => chunk.usage === null && chunk.choices.length === 1));
    assert.deepEqual(chunks.at(-1)!.choices, []);
    assert.equal(chunks.at(-1)!.usage!.completion_tokens, 16);
    assert.equal(chunks.at(-2)!.choices[0]!.finish_reason, "stop");
  });

  it("says nothing of usage in a stream that does not ask for it, and ends with [DONE]", async () => {
    const response = await client.chat.completions.create({ model, messages, stream: true }).asResponse();
    const text = await response.text();
    assert.doesNotMatch(text, /"usage"/);
    assert.ok(text.endsWith("data: [DONE]\n\n"));
  });

  it("stops at the larger-named cap first, with length as its reason", async () => {
    const answer = await client.chat.completions.create({ model, messages, max_completion_tokens: 5 });
    assert.equal(answer.usage!.completion_tokens, 5);
    assert.equal(answer.choices[0]!.finish_reason, "length");
    const older = await client.chat.completions.create({ model, messages, max_tokens: 6 });
    assert.equal(older.usage!.completion_tokens, 6);
  });

  it("answers n choices with other words each, and bills all of them", async () => {
    const stream = await client.chat.completions.create({
      model,
      messages,
      n: 3,
      stream: true,
      stream_options: { include_usage: true },
    });
    const texts = ["", "", ""];
    let billed = 0;
    for await (const chunk of stream) {
      for (const { index, delta } of chunk.choices) texts[index] += delta.content ?? "";
      billed = chunk.usage?.completion_tokens ?? billed;
    }
    assert.deepEqual(
      texts,
      [0, 1, 2].map((choice) => [...answerWords(prompt, 16, choice)].join("")),
    );
    assert.equal(billed, 48);
  });

  it("calls tools when told to, whole and streamed alike", async () => {
    const options = { headers: { "x-fake-tool-calls": "2" } };
    const whole = await client.chat.completions.create({ model, messages, tools }, options);
    const calls = whole.choices[0]!.message.tool_calls!;
    assert.equal(whole.choices[0]!.finish_reason, "tool_calls");
    assert.equal(whole.choices[0]!.message.content, null);
    assert.equal(calls.length, 2);

    const streamed = client.chat.completions.stream({ model, messages, tools }, options);
    const completion = await streamed.finalChatCompletion();
    const streamedCalls = completion.choices[0]!.message.tool_calls!;
    for (const [index, call] of calls.entries()) {
      assert.equal(call.type, "function");
      const other = streamedCalls[index]!;
      if (call.type !== "function" || other.type !== "function") continue;
      assert.equal(other.function.arguments, call.function.arguments);
      assert.deepEqual(Object.keys(JSON.parse(call.function.arguments)), ["city", "days"]);
    }
  });

  it("calls a tool when the request requires it", async () => {
    const answer = await client.chat.completions.create({ model, messages, tools, tool_choice: "required" });
    assert.equal(answer.choices[0]!.message.tool_calls!.length, 1);
  });

  it("tells cached and reasoning tokens inside the totals", async () => {
    const { usage } = await client.chat.completions.create(
      { model, messages },
      { headers: { "x-fake-cached-tokens": "8", "x-fake-reasoning-tokens": "40" } },
    );
    assert.equal(usage!.prompt_tokens_details!.cached_tokens, 8);
    assert.equal(usage!.completion_tokens_details!.reasoning_tokens, 40);
    assert.equal(usage!.completion_tokens, 56);
  });

  it("refuses as OpenAI does: a wrong key, an unknown model, an unknown path, an unknown parameter", async () => {
    const thief = new OpenAI({ apiKey: "sk-wrong", baseURL: `${fake.url}/v1`, maxRetries: 0 });
    await assert.rejects(thief.chat.completions.create({ model, messages }), {
      status: 401,
      code: "invalid_api_key",
      type: "invalid_request_error",
    });
    await assert.rejects(client.chat.completions.create({ model: "fake-missing", messages }), {
      status: 404,
      code: "model_not_found",
    });
    await assert.rejects(client.get("/nothing"), { status: 404, code: null });
    const body = { model, messages, tenant_id: "acme" };
    await assert.rejects(client.post("/chat/completions", { body }), {
      status: 400,
      code: "unknown_parameter",
      param: "tenant_id",
    });
    await assert.rejects(client.post("/chat/completions", { body: { model } }), {
      status: 400,
      param: "messages",
    });
  });

  it("tells rate limits with every answer, and when to come back with a refusal", async () => {
    const headers = { "x-fake-error": "rate-limit", "x-fake-retry-after": "7" };
    await assert.rejects(client.chat.completions.create({ model, messages }, { headers }), (error) => {
      assert.ok(error instanceof OpenAI.RateLimitError);
      assert.equal(error.code, "rate_limit_exceeded");
      assert.equal(error.headers.get("retry-after"), "7");
      assert.equal(error.headers.get("x-ratelimit-reset-requests"), "6ms");
      return true;
    });
  });

  it("takes Azure's deployment for the model, and begins a stream there without a choice", async () => {
    const azure = new AzureOpenAI({
      apiKey: "sk-right",
      baseURL: `${fake.url}/openai/deployments/our-gpt`,
      apiVersion: "2024-10-21",
      maxRetries: 0,
    });
    const chunks = [];
    for await (const chunk of await azure.chat.completions.create({
      model: "ignored",
      messages,
      stream: true,
    })) {
      chunks.push(chunk);
    }
    assert.deepEqual([chunks[0]!.choices, chunks[0]!.model], [[], ""]);
    assert.equal(chunks[1]!.model, "our-gpt");
    assert.equal(fake.received()[0]!.model, "our-gpt");
  });

  it("lists its models, and embeds", async () => {
    const listed = await client.models.list();
    assert.ok(listed.data.some(({ id }) => id === "fake-down"));
    const embedded = await client.embeddings.create({
      model: "text-embedding-3-small",
      input: ["a b c", "a b c", "d"],
    });
    assert.equal(embedded.usage.prompt_tokens, 7);
    assert.deepEqual(embedded.data[0]!.embedding, embedded.data[1]!.embedding);
    assert.notDeepEqual(embedded.data[0]!.embedding, embedded.data[2]!.embedding);
  });
});
