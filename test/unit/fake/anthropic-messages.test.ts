import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import { type FakeProvider, startFakeProvider } from "../../../src/fake/fake-provider.ts";
import { answerWords } from "../../../src/fake/words.ts";

const prompt = "Say something about rivers.";
const ask = {
  model: "claude-haiku-4-5",
  max_tokens: 200,
  messages: [{ role: "user" as const, content: prompt }],
};
const tools: Anthropic.Tool[] = [
  {
    name: "get_weather",
    description: "Weather of a city.",
    input_schema: { type: "object", properties: { city: { type: "string" } } },
  },
];
const text = [...answerWords(prompt, 16)].join("");

describe("anthropic-messages, asked by Anthropic's own SDK", () => {
  let fake: FakeProvider;
  let client: Anthropic;
  before(async () => {
    fake = await startFakeProvider({ apiKey: "sk-ant-right" });
    client = new Anthropic({ apiKey: "sk-ant-right", baseURL: fake.url, maxRetries: 0 });
  });
  afterEach(() => fake.reset());
  after(() => fake.close());

  it("answers whole and streamed alike, with the same bill", async () => {
    const whole = await client.messages.create(ask);
    assert.deepEqual(whole.content, [{ type: "text", text }]);
    assert.equal(whole.stop_reason, "end_turn");
    const streamed = await client.messages.stream(ask).finalMessage();
    assert.deepEqual(streamed.content, whole.content);
    assert.deepEqual(
      [streamed.usage.input_tokens, streamed.usage.output_tokens],
      [whole.usage.input_tokens, whole.usage.output_tokens],
    );
    assert.equal(whole.usage.output_tokens, 16);
  });

  it("sends the events of a stream in Anthropic's order", async () => {
    const types: string[] = [];
    for await (const event of await client.messages.create({ ...ask, stream: true })) types.push(event.type);
    const response = await client.messages.create({ ...ask, stream: true }).asResponse();
    assert.match(await response.text(), /^event: ping\ndata: {"type":"ping"}\n\n/m);
    assert.deepEqual(
      types.filter((type, index) => type !== types[index - 1] && type !== "ping"),
      [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
      ],
    );
  });

  it("leaves what is cached out of the input, and tells both kinds of cache writes", async () => {
    const headers = {
      "x-fake-cached-tokens": "3",
      "x-fake-cache-write-tokens": "2",
      "x-fake-cache-write-1h-tokens": "1",
    };
    const { usage } = await client.messages.create(ask, { headers });
    const plain = await client.messages.create(ask);
    assert.equal(usage.input_tokens, plain.usage.input_tokens - 6);
    assert.equal(usage.cache_read_input_tokens, 3);
    assert.equal(usage.cache_creation_input_tokens, 3);
    assert.deepEqual(usage.cache_creation, { ephemeral_5m_input_tokens: 2, ephemeral_1h_input_tokens: 1 });
  });

  it("thinks within the cap, in a block of its own, whose tokens are content", async () => {
    const headers = { "x-fake-reasoning-tokens": "8" };
    for (const streamed of [false, true]) {
      const body = { ...ask, max_tokens: 10 };
      const message = streamed
        ? await client.messages.stream(body, { headers }).finalMessage()
        : await client.messages.create(body, { headers });
      assert.deepEqual(
        message.content.map(({ type }) => type),
        ["thinking", "text"],
      );
      assert.equal(message.usage.output_tokens, 10);
      assert.equal(message.stop_reason, "max_tokens");
    }
    assert.deepEqual(
      fake.received().map(({ outputTokensWritten }) => outputTokensWritten),
      [10, 10],
    );
  });

  it("calls tools, whole and streamed alike", async () => {
    const body = { ...ask, tools, tool_choice: { type: "any" as const } };
    const whole = await client.messages.create(body);
    const streamed = await client.messages.stream(body).finalMessage();
    const [call] = whole.content;
    assert.ok(call?.type === "tool_use");
    assert.deepEqual(Object.keys(call.input as object), ["city"]);
    assert.deepEqual(streamed.content[0], {
      ...call,
      id: (streamed.content[0] as Anthropic.ToolUseBlock).id,
    });
    assert.equal(whole.stop_reason, "tool_use");
    assert.equal(streamed.usage.output_tokens, whole.usage.output_tokens);
  });

  it("counts what it then bills", async () => {
    const { model, messages } = ask;
    const counted = await client.messages.countTokens({ model, messages, tools, system: "Be brief." });
    const answered = await client.messages.create({ ...ask, tools, system: "Be brief." });
    assert.equal(counted.input_tokens, answered.usage.input_tokens);
  });

  it("refuses as Anthropic does", async () => {
    const thief = new Anthropic({ apiKey: "sk-ant-wrong", baseURL: fake.url, maxRetries: 0 });
    await assert.rejects(thief.messages.create(ask), Anthropic.AuthenticationError);
    await assert.rejects(client.messages.create({ ...ask, model: "fake-missing" }), (error) => {
      assert.ok(error instanceof Anthropic.NotFoundError);
      assert.equal(error.type, "not_found_error");
      assert.match(error.requestID ?? "", /^req_/);
      return true;
    });
    await assert.rejects(client.messages.create({ ...ask, model: "fake-down" }), { status: 529 });
    await assert.rejects(
      client.post("/v1/messages", { body: { ...ask, tenant_id: "x" } }),
      /tenant_id: Extra inputs/,
    );
    const { max_tokens: _, ...uncapped } = ask;
    await assert.rejects(client.post("/v1/messages", { body: uncapped }), /max_tokens: Field required/);
    const bare = await fetch(`${fake.url}/v1/messages`, {
      method: "POST",
      headers: { "x-api-key": "sk-ant-right" },
      body: JSON.stringify(ask),
    });
    assert.match(await bare.text(), /anthropic-version: header is required/);
  });

  it("fails in the middle of a stream with an error event", async () => {
    const stream = await client.messages.create(
      { ...ask, stream: true },
      { headers: { "x-fake-error-event": "2" } },
    );
    let words = 0;
    await assert.rejects(async () => {
      for await (const event of stream) words += event.type === "content_block_delta" ? 1 : 0;
    }, /overloaded_error/);
    assert.equal(words, 2);
  });

  it("lists its models in Anthropic's shape", async () => {
    const page = await client.models.list();
    assert.ok(page.data.some(({ id }) => id === "fake-slow"));
  });
});
