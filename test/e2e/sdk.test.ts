import assert from "node:assert/strict";
import { before, it } from "node:test";
import OpenAI from "openai";
import { ask, chatBody, send } from "../support/clients/chat.ts";
import { describeOnEveryEdge } from "../support/edge/every-edge.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const messages = [{ role: "user" as const, content: "How does a tollgate work?" }];

describeOnEveryEdge("an OpenAI SDK given only another base URL and key", (edge) => {
  const running = useTestStack({ edge });
  let stack: TestStack;
  let gateway: OpenAI;
  let provider: OpenAI;

  before(() => {
    stack = running();
    gateway = new OpenAI({ baseURL: stack.baseUrl, apiKey: "key-acme", maxRetries: 0 });
    provider = new OpenAI({ baseURL: `${stack.alpha.url}/v1`, apiKey: "alpha-secret", maxRetries: 0 });
  });

  it("gets the provider's own answer to a call", async () => {
    const options = { messages, max_tokens: 30 };
    const direct = await provider.chat.completions.create({ model: "model-a", ...options });
    const through = await gateway.chat.completions.create({ model: "one", ...options });
    assert.equal(through.choices[0]?.message.content, direct.choices[0]?.message.content);
    assert.deepEqual(through.usage, direct.usage);
    assert.equal(through.model, "model-a");
  });

  it("gets the provider's own answer to a stream", async () => {
    const options = { messages, max_tokens: 30, stream: true as const };
    const read = async (client: OpenAI, model: string): Promise<unknown[]> => {
      const deltas: unknown[] = [];
      const stream = await client.chat.completions.create({ model, ...options });
      for await (const chunk of stream) deltas.push([chunk.choices, chunk.usage]);
      return deltas;
    };
    assert.deepEqual(await read(gateway, "one"), await read(provider, "model-a"));
  });

  it("gets usage in a stream when it asks for it, and only then", async () => {
    const options = { model: "one", messages, max_tokens: 10, stream: true as const };
    const asked = await gateway.chat.completions.create({
      ...options,
      stream_options: { include_usage: true },
    });
    const told: unknown[] = [];
    for await (const chunk of asked) if (chunk.usage) told.push(chunk.usage);
    assert.equal(told.length, 1);
    const unasked = await (await send(stack.baseUrl, chatBody({ model: "one", stream: true }))).text();
    assert.ok(!unasked.includes('"usage"'));
    assert.ok(unasked.trimEnd().endsWith("data: [DONE]"));
  });

  it("gets tool calls, streamed and not", async () => {
    const options = {
      model: "one",
      messages,
      max_tokens: 60,
      tool_choice: "required" as const,
      tools: [
        {
          type: "function" as const,
          function: {
            name: "toll_for",
            parameters: { type: "object", properties: { axles: { type: "integer" } } },
          },
        },
      ],
    };
    const call = await gateway.chat.completions.create(options);
    const [called] = call.choices[0]?.message.tool_calls ?? [];
    assert.ok(called?.type === "function");
    assert.equal(called.function.name, "toll_for");
    assert.deepEqual(JSON.parse(called.function.arguments), { axles: 7 });
    const streamed = gateway.chat.completions.stream(options);
    const whole = await streamed.finalChatCompletion();
    const [assembled] = whole.choices[0]?.message.tool_calls ?? [];
    assert.deepEqual(assembled?.function.arguments, called.function.arguments);
    const [record] = (await stack.records(1)).slice(-1);
    assert.equal(record?.finish_reason, "tool_calls");
  });

  it("raises the exceptions it raises at the provider", async () => {
    const call = (model: string, apiKey = "key-acme") =>
      new OpenAI({ baseURL: stack.baseUrl, apiKey, maxRetries: 0 }).chat.completions.create({
        model,
        messages,
      });
    await assert.rejects(call("one", "wrong"), (error) => {
      assert.ok(error instanceof OpenAI.AuthenticationError);
      assert.equal(error.code, "invalid_api_key");
      return true;
    });
    await assert.rejects(call("nothing"), (error) => {
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.equal(error.code, "model_not_found");
      assert.equal(error.param, "model");
      return true;
    });
    stack.alpha.setFaults({ error: "rate-limit" }, 1);
    await assert.rejects(call("one"), OpenAI.RateLimitError);
    stack.alpha.setFaults({ error: "context-length" }, 1);
    await assert.rejects(call("one"), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.code, "context_length_exceeded");
      return true;
    });
    stack.alpha.setFaults({ error: "server" }, 1);
    await assert.rejects(call("one"), OpenAI.InternalServerError);
  });

  it("finds its request id in errors and answers", async () => {
    const options = { headers: { "x-request-id": "client-17" } };
    const { response } = await gateway.chat.completions
      .create({ model: "one", messages, max_tokens: 5 }, options)
      .withResponse();
    assert.equal(response.headers.get("x-request-id"), "client-17");
    const record = await stack.record(response.headers.get("x-tollgate-exchange-id"));
    assert.equal(record.client_request_id, "client-17");
  });
});

describeOnEveryEdge("bytes on their way", (edge) => {
  const config = `
version: 1
listen: { address: "127.0.0.1:0" }
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  alpha: { provider: openai-compatible, endpoint: "{{alpha}}/v1", apiKey: "\${env:ALPHA_KEY}", price: { input: 1.5, output: 7.25 } }
models:
  model-a: { targets: [alpha/model-a] }
identity: [{ type: api-key, file: ./keys.yaml }]
`;

  const running = useTestStack({ config, edge });
  let stack: TestStack;
  before(() => {
    stack = running();
  });

  it("are the client's own up to the provider where nothing has to change", async () => {
    const body =
      '{ "model":"model-a",  "max_tokens": 7,"messages":[{"role":"user","content":"\\u00e4\\/\\ud83d\\ude00 ok"}],"temperature":1e0 }';
    const answer = await ask(stack.baseUrl, body);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(stack.alpha.received().at(-1)?.body, body);
  });

  it("are the provider's own down to the client, whole and streamed", async () => {
    for (const stream of [false, true]) {
      const body = chatBody({
        model: "model-a",
        stream,
        ...(stream ? { stream_options: { include_usage: true } } : {}),
      });
      const direct = await ask(`${stack.alpha.url}/v1`, body, { key: "alpha-secret" });
      const through = await ask(stack.baseUrl, body);
      const sameIds = (text: string) =>
        text
          .replaceAll(/chatcmpl-[0-9a-zA-Z]+/g, "chatcmpl-x")
          .replaceAll(/"created":\d+/g, '"created":0')
          .replaceAll(/"obfuscation":"\w+"/g, '"obfuscation":""');
      assert.equal(sameIds(through.text), sameIds(direct.text));
    }
  });

  it("are priced and recorded exactly as the provider bills them", async () => {
    for (const stream of [false, true]) {
      stack.alpha.setFaults({ tokens: 33, cachedTokens: 3, reasoningTokens: 5 }, 1);
      const answer = await ask(stack.baseUrl, chatBody({ model: "model-a", stream, max_tokens: 100 }));
      const record = await stack.record(answer.exchange);
      const billed = stack.alpha.received().at(-1)?.billed;
      assert.ok(billed);
      assert.equal(record.input_tokens, billed.inputTokens);
      assert.equal(record.output_tokens, billed.outputTokens);
      assert.equal(record.cached_input_tokens, billed.cachedInputTokens);
      assert.equal(record.reasoning_tokens, billed.reasoningTokens);
      // $1.5 and $7.25 a million tokens are 1,500 and 7,250 nano-dollars a token.
      assert.equal(record.cost_nano_usd, String(billed.inputTokens * 1_500 + billed.outputTokens * 7_250));
      assert.equal(record.cost_max_nano_usd, "0");
      assert.equal(record.usage_source, "provider");
      assert.equal(record.ending, "completed");
      assert.equal(record.stream, stream);
      assert.equal(record.bytes_out, answer.bytes.length);
    }
  });

  it("are an injected cap longer where the client sets none, and the cap is what is held", async () => {
    const answer = await ask(stack.baseUrl, chatBody({ model: "model-a", max_tokens: undefined }));
    const record = await stack.record(answer.exchange);
    const sent = JSON.parse(stack.alpha.received().at(-1)?.body ?? "") as { max_tokens: number };
    assert.ok(sent.max_tokens > 0);
    assert.ok(Number(record.held_nano_usd) >= sent.max_tokens * 7_250);
    assert.ok(Number(record.held_nano_usd) < (sent.max_tokens + 100) * 7_250);
  });

  it("leave nothing open", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});
