import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import OpenAI from "openai";
import { type FakeProvider, startFakeProvider } from "../../../src/fake/fake-provider.ts";
import { answerWords } from "../../../src/fake/words.ts";

const model = "gpt-5.1-mini";
const input = "Say something about rivers.";
const text = [...answerWords(input, 16)].join("");
const tools: OpenAI.Responses.Tool[] = [
  {
    type: "function",
    name: "get_weather",
    description: "Weather of a city.",
    parameters: { type: "object", properties: { city: { type: "string" } } },
    strict: false,
  },
];

describe("openai-responses, asked by OpenAI's own SDK", () => {
  let fake: FakeProvider;
  let client: OpenAI;
  before(async () => {
    fake = await startFakeProvider();
    client = new OpenAI({ apiKey: "sk-any", baseURL: `${fake.url}/v1`, maxRetries: 0 });
  });
  afterEach(() => fake.reset());
  after(() => fake.close());

  it("answers whole and streamed alike, with the same bill", async () => {
    const whole = await client.responses.create({ model, input });
    assert.equal(whole.output_text, text);
    assert.equal(whole.status, "completed");
    const streamed = await client.responses.stream({ model, input }).finalResponse();
    assert.equal(streamed.output_text, text);
    assert.deepEqual(streamed.usage, whole.usage);
    assert.equal(whole.usage!.output_tokens, 16);
  });

  it("numbers its events, and tells usage in the last alone", async () => {
    const events: OpenAI.Responses.ResponseStreamEvent[] = [];
    for await (const event of await client.responses.create({ model, input, stream: true }))
      events.push(event);
    assert.deepEqual(
      events.map(({ sequence_number: number }) => number),
      events.map((_, index) => index),
    );
    const types = events.map(({ type }) => type);
    assert.deepEqual(
      types.filter((type, index) => type !== types[index - 1]),
      [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
      ],
    );
    assert.equal(events.filter((event) => "response" in event && event.response.usage !== null).length, 1);
  });

  it("is incomplete at its cap, reasoning inside", async () => {
    const headers = { "x-fake-reasoning-tokens": "12" };
    const answer = await client.responses.create({ model, input, max_output_tokens: 20 }, { headers });
    assert.equal(answer.status, "incomplete");
    assert.equal(answer.incomplete_details!.reason, "max_output_tokens");
    assert.equal(answer.usage!.output_tokens, 20);
    assert.equal(answer.usage!.output_tokens_details.reasoning_tokens, 12);
    assert.equal(answer.output_text, [...answerWords(input, 8)].join(""));
    assert.equal(fake.received()[0]!.outputTokensWritten, 8);
  });

  it("calls tools, whole and streamed alike", async () => {
    const body = { model, input, tools, tool_choice: "required" as const };
    const whole = await client.responses.create(body);
    const streamed = await client.responses.stream(body).finalResponse();
    const [call] = whole.output;
    const [other] = streamed.output;
    assert.ok(call?.type === "function_call" && other?.type === "function_call");
    assert.equal(call.arguments, other.arguments);
    assert.deepEqual(Object.keys(JSON.parse(call.arguments)), ["city"]);
    assert.equal(fake.received()[1]!.outputTokensWritten, streamed.usage!.output_tokens);
  });

  it("bills what the body does not show", async () => {
    const plain = await client.responses.create({ model, input });
    const longer = await client.responses.create({ model, input, previous_response_id: "resp_1" });
    assert.equal(longer.usage!.input_tokens, plain.usage!.input_tokens + 1_000);
    const counted = await client.responses.inputTokens.count({ model, input });
    assert.equal(counted.input_tokens, plain.usage!.input_tokens);
  });

  it("fails in the middle of a stream with an error event whose fields are at the top", async () => {
    const headers = { "x-fake-error-event": "1" };
    const response = await client.responses.create({ model, input, stream: true }, { headers }).asResponse();
    const [, data] = /^event: error\ndata: (.*)$/m.exec(await response.text())!;
    const { type, code } = JSON.parse(data!) as Record<string, string>;
    assert.deepEqual([type, code], ["error", "server_error"]);
  });
});

describe("openai-completions, asked by OpenAI's own SDK", () => {
  let fake: FakeProvider;
  before(async () => {
    fake = await startFakeProvider();
  });
  after(() => fake.close());

  it("completes each prompt n times, whole and streamed alike", async () => {
    const client = new OpenAI({ apiKey: "sk-any", baseURL: `${fake.url}/v1`, maxRetries: 0 });
    const body = { model, prompt: ["a", "b"], n: 2, max_tokens: 5 };
    const whole = await client.completions.create(body);
    assert.equal(whole.usage!.completion_tokens, 20);
    const texts = ["", "", "", ""];
    let billed = 0;
    const stream = await client.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    for await (const { choices, usage } of stream) {
      for (const { index, text: piece } of choices) texts[index] += piece;
      billed = usage?.completion_tokens ?? billed;
    }
    assert.deepEqual(
      texts,
      whole.choices.map((choice) => choice.text),
    );
    assert.equal(billed, 20);
  });
});
