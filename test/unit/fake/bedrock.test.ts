import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import {
  BedrockRuntimeClient,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
  type Tool,
} from "@aws-sdk/client-bedrock-runtime";
import { type FakeProvider, startFakeProvider } from "../../../src/fake/fake-provider.ts";
import { answerWords } from "../../../src/fake/words.ts";
import { certificate } from "./certificate.ts";

const prompt = "Say something about rivers.";
const ask: ConverseCommandInput = {
  modelId: "anthropic.claude-haiku-4-5-20251001-v1:0",
  messages: [{ role: "user", content: [{ text: prompt }] }],
  system: [{ text: "Be brief." }],
};
const tools: Tool[] = [
  {
    toolSpec: {
      name: "get_weather",
      description: "Weather of a city.",
      inputSchema: { json: { type: "object", properties: { city: { type: "string" } } } },
    },
  },
];
const invoke = {
  modelId: "anthropic.claude-haiku-4-5-20251001-v1:0",
  contentType: "application/json",
  body: JSON.stringify({
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 100,
    messages: [{ role: "user", content: prompt }],
  }),
};
const text = [...answerWords(prompt, 16)].join("");

describe("Bedrock, asked by AWS's own SDK", () => {
  let fake: FakeProvider;
  let client: BedrockRuntimeClient;
  before(async () => {
    // This SDK speaks HTTP/2 alone, and has no option for the certificate of our own.
    process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";
    fake = await startFakeProvider({ apiKey: "AKIARIGHT", awsSecretKey: "secret", tls: certificate });
    client = clientOf("AKIARIGHT");
  });
  afterEach(() => fake.reset());
  after(() => {
    client.destroy();
    return fake.close();
  });

  function clientOf(accessKeyId: string, secretAccessKey = "secret"): BedrockRuntimeClient {
    return new BedrockRuntimeClient({
      region: "eu-central-1",
      endpoint: fake.url,
      credentials: { accessKeyId, secretAccessKey },
      maxAttempts: 1,
    });
  }

  async function converseStream(input: ConverseCommandInput) {
    const events = [];
    for await (const event of (await client.send(new ConverseStreamCommand(input))).stream!)
      events.push(event);
    return events;
  }

  it("converses whole and streamed alike, with the same bill after the stop", async () => {
    const whole = await client.send(new ConverseCommand(ask));
    assert.deepEqual(whole.output!.message!.content, [{ text }]);
    assert.equal(whole.stopReason, "end_turn");
    assert.equal(whole.usage!.outputTokens, 16);
    const events = await converseStream(ask);
    assert.equal(events.map((event) => event.contentBlockDelta?.delta?.text ?? "").join(""), text);
    assert.equal(events.at(-2)!.messageStop!.stopReason, "end_turn");
    assert.deepEqual(events.at(-1)!.metadata!.usage, whole.usage);
    assert.ok(events.every((event) => event.contentBlockStart === undefined));
    assert.equal(fake.received()[0]!.model, ask.modelId);
    assert.match(fake.received()[0]!.path, /v1%3A0\/converse$/);
  });

  it("calls tools, whole and streamed alike", async () => {
    const input = { ...ask, toolConfig: { tools, toolChoice: { any: {} } } };
    const whole = await client.send(new ConverseCommand(input));
    const toolUse = whole.output!.message!.content![0]!.toolUse!;
    assert.deepEqual(Object.keys(toolUse.input as object), ["city"]);
    const events = await converseStream(input);
    const json = events.map((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? "").join("");
    assert.deepEqual(JSON.parse(json), toolUse.input);
    assert.equal(events.at(-2)!.messageStop!.stopReason, "tool_use");
    assert.equal(fake.received()[1]!.outputTokensWritten, whole.usage!.outputTokens);
  });

  it("leaves what is cached out of the input and of the total", async () => {
    const plain = (await client.send(new ConverseCommand(ask))).usage!;
    fake.setFaults({ cachedTokens: 4, cacheWriteTokens: 2, cacheWrite1hTokens: 1 });
    const { usage } = await client.send(new ConverseCommand(ask));
    assert.equal(usage!.inputTokens, plain.inputTokens! - 7);
    assert.equal(usage!.cacheReadInputTokens, 4);
    assert.equal(usage!.cacheWriteInputTokens, 3);
  });

  it("thinks in blocks of their own", async () => {
    fake.setFaults({ reasoningTokens: 3 });
    const whole = await client.send(new ConverseCommand(ask));
    const thought = whole.output!.message!.content![0]!.reasoningContent!.reasoningText!.text;
    const events = await converseStream(ask);
    const thoughts = events.map((event) => event.contentBlockDelta?.delta?.reasoningContent?.text ?? "");
    assert.equal(thoughts.join(""), thought);
    assert.equal(whole.usage!.outputTokens, 19);
  });

  it("counts what it then bills", async () => {
    const { messages, system } = ask;
    const counted = await client.send(
      new CountTokensCommand({ modelId: ask.modelId, input: { converse: { messages, system } } }),
    );
    const answered = await client.send(new ConverseCommand(ask));
    assert.equal(counted.inputTokens, answered.usage!.inputTokens);
  });

  it("refuses as Bedrock does, by the type in a header", async () => {
    const thief = clientOf("AKIAWRONG");
    await assert.rejects(thief.send(new ConverseCommand(ask)), { name: "UnrecognizedClientException" });
    thief.destroy();
    await assert.rejects(client.send(new ConverseCommand({ ...ask, modelId: "fake-rate-limited" })), {
      name: "ThrottlingException",
    });
    await assert.rejects(client.send(new ConverseCommand({ ...ask, modelId: "fake-quota" })), {
      name: "ServiceQuotaExceededException",
    });
  });

  it("takes only signatures made with the right secret over the bytes that came", async () => {
    const forger = clientOf("AKIARIGHT", "guess");
    await assert.rejects(forger.send(new ConverseCommand(ask)), /signature we calculated does not match/);
    forger.destroy();
    const tampering = clientOf("AKIARIGHT");
    tampering.middlewareStack.add(
      (next) => (args) => {
        const request = args.request as { body: string };
        request.body = request.body.replace("rivers", "money!");
        return next(args);
      },
      { step: "finalizeRequest", priority: "low", name: "tamper" },
    );
    await assert.rejects(tampering.send(new ConverseCommand(ask)), /signature we calculated does not match/);
    tampering.destroy();
  });

  it("fails in the middle of a stream by an exception under status 200", async () => {
    fake.setFaults({ errorEvent: 2 });
    let words = 0;
    const { stream } = await client.send(new ConverseStreamCommand(ask));
    await assert.rejects(
      async () => {
        for await (const event of stream!) words += event.contentBlockDelta === undefined ? 0 : 1;
      },
      { name: "InternalServerException" },
    );
    assert.equal(words, 2);
  });

  it("keeps its frames whole, however they are cut", async () => {
    fake.setFaults({ chunkBytes: 5 });
    const events = await converseStream(ask);
    assert.equal(events.map((event) => event.contentBlockDelta?.delta?.text ?? "").join(""), text);
  });

  it("invokes Claude with Anthropic's messages, whole and streamed alike", async () => {
    const whole = await client.send(new InvokeModelCommand(invoke));
    const message = JSON.parse(Buffer.from(whole.body).toString()) as { content: { text: string }[] };
    assert.equal(message.content[0]!.text, text);
    const { body } = await client.send(new InvokeModelWithResponseStreamCommand(invoke));
    let streamed = "";
    let metrics: { outputTokenCount?: number } = {};
    for await (const { chunk } of body!) {
      const event = JSON.parse(Buffer.from(chunk!.bytes!).toString());
      streamed += event.delta?.text ?? "";
      metrics = event["amazon-bedrock-invocationMetrics"] ?? metrics;
    }
    assert.equal(streamed, text);
    assert.equal(metrics.outputTokenCount, 16);
  });

  it("refuses an invocation with the model in its body", async () => {
    const body = JSON.stringify({ ...JSON.parse(invoke.body), model: "claude" });
    await assert.rejects(client.send(new InvokeModelCommand({ ...invoke, body })), /model: Extra inputs/);
  });
});
