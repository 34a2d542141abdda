import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI from "openai";
import {
  sdkClients,
  sdkNumbers,
  translationConfig,
  upstreamModels,
} from "../support/clients/translation-clients.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";
import { runLine } from "../support/stack/terminal.ts";

const question = "How does a tollgate work?";
const parameters = { type: "object" as const, properties: { axles: { type: "integer" } } };

describe("a client whose model another vendor's format serves", () => {
  const running = useTestStack({ config: translationConfig });
  let stack: TestStack;
  let openai: OpenAI;
  let anthropic: Anthropic;

  before(() => {
    stack = running();
    openai = new OpenAI({ baseURL: stack.baseUrl, apiKey: "key-acme", maxRetries: 0 });
    const baseURL = stack.baseUrl.replace(/\/v1$/, "");
    anthropic = new Anthropic({ baseURL, apiKey: "key-acme", maxRetries: 0 });
  });

  it("chats in OpenAI's format with Claude: whole, streamed, tools", async () => {
    const options = {
      model: "by-messages",
      max_tokens: 30,
      messages: [{ role: "user" as const, content: question }],
    };
    const { data, response } = await openai.chat.completions
      .create({ ...options, temperature: 1.5, seed: 3 })
      .withResponse();
    assert.ok((data.choices[0]?.message.content ?? "").length > 0);
    assert.equal(data.model, "claude-sonnet-4-5");
    assert.equal(response.headers.get("x-tollgate-warning"), "seed dropped, temperature clamped to 1");
    const record = await stack.record(response.headers.get("x-tollgate-exchange-id"));
    assert.equal(record.input_tokens, data.usage?.prompt_tokens);
    assert.equal(record.output_tokens, data.usage?.completion_tokens);
    assert.equal(record.ending, "completed");
    const streamed = await openai.chat.completions.stream({
      ...options,
      stream_options: { include_usage: true },
    });
    const whole = await streamed.finalChatCompletion();
    assert.ok((whole.choices[0]?.message.content ?? "").length > 0);
    assert.ok((whole.usage?.completion_tokens ?? 0) > 0);
    const tools = [{ type: "function" as const, function: { name: "toll_for", parameters } }];
    const called = await openai.chat.completions.create({ ...options, tools, tool_choice: "required" });
    const [call] = called.choices[0]?.message.tool_calls ?? [];
    assert.ok(call?.type === "function");
    assert.deepEqual(JSON.parse(call.function.arguments), { axles: 7 });
    assert.equal(called.choices[0]?.finish_reason, "tool_calls");
  });

  it("chats in Anthropic's format with OpenAI: whole, streamed, tools", async () => {
    const options = {
      model: "by-chat",
      max_tokens: 30,
      messages: [{ role: "user" as const, content: question }],
    };
    const message = await anthropic.messages.create(options);
    assert.ok(message.content[0]?.type === "text" && message.content[0].text.length > 0);
    assert.ok(message.usage.input_tokens > 0 && message.usage.output_tokens > 0);
    const streamed = await anthropic.messages.stream(options).finalMessage();
    assert.equal(streamed.content[0]?.type, "text");
    assert.ok(streamed.usage.output_tokens > 0);
    const tools = [{ name: "toll_for", input_schema: parameters }];
    const stream = anthropic.messages.stream({ ...options, tools, tool_choice: { type: "any" } });
    const called = await stream.finalMessage();
    const use = called.content.find((block) => block.type === "tool_use");
    assert.deepEqual(use?.input, { axles: 7 });
    assert.equal(called.stop_reason, "tool_use");
  });

  it("is served by the next target when the first fails, in its own format and with that target's own body", async () => {
    stack.alpha.setFaults({ status: 503 }, 1);
    const { data, response } = await openai.chat.completions
      .create({ model: "mixed", max_tokens: 20, messages: [{ role: "user", content: question }] })
      .withResponse();
    assert.equal(response.headers.get("x-tollgate-backend"), "messages");
    assert.equal(data.object, "chat.completion");
    stack.beta.setFaults({ status: 529 }, 1);
    const streamed = openai.chat.completions.stream({
      model: "mixed-back",
      max_tokens: 20,
      messages: [{ role: "user", content: question }],
    });
    const whole = await streamed.finalChatCompletion();
    assert.equal(whole.model, "model-a");
    // What proved us to the one is not shown to the other.
    const received = stack.alpha.received().at(-1);
    assert.equal(received?.headers["x-api-key"], undefined);
    assert.equal(received?.headers["anthropic-version"], undefined);
  });

  it("gets errors in its own format", async () => {
    const ask = () =>
      openai.chat.completions.create({
        model: "by-messages",
        messages: [{ role: "user", content: question }],
      });
    stack.beta.setFaults({ error: "rate-limit" }, 1);
    await assert.rejects(ask(), OpenAI.RateLimitError);
    stack.beta.setFaults({ error: "context-length" }, 1);
    await assert.rejects(ask(), (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.code, "context_length_exceeded");
      return true;
    });
    stack.alpha.setFaults({ error: "server" }, 1);
    const message = anthropic.messages.create({
      model: "by-chat",
      max_tokens: 5,
      messages: [{ role: "user", content: question }],
    });
    await assert.rejects(message, Anthropic.InternalServerError);
  });

  it("is told which field no target can express", async () => {
    const asked = openai.chat.completions.create({
      model: "by-messages",
      n: 2,
      messages: [{ role: "user", content: question }],
    });
    await assert.rejects(asked, (error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.param, "n");
      return true;
    });
  });

  it("finds beforehand, by explain, what the warning of its answer will say", async () => {
    const body = {
      model: "mixed-back",
      max_tokens: 20,
      messages: [{ role: "user" as const, content: question }],
      seed: 3,
      temperature: 1.5,
    };
    // One target, which is never left to rest for what the tests before did to it.
    const { response } = await openai.chat.completions
      .create({ ...body, model: "by-messages" })
      .withResponse();
    const request = join(stack.folder, "request.json");
    writeFileSync(request, JSON.stringify(body));
    const line = ["explain", "--key", "key-acme", "--request", request, "--json"];
    const { out } = await runLine(line, { cwd: stack.folder, env: stack.env });
    const [claude, chat] = JSON.parse(out).offers[0].targets;
    assert.deepEqual([claude.translated, claude.format], [true, "anthropic-messages"]);
    assert.equal(claude.changes.join(", "), response.headers.get("x-tollgate-warning"));
    assert.deepEqual([chat.translated, chat.changes], [false, []]);
  });

  it("sees in its own format that a stream broke", async () => {
    stack.beta.setFaults({ errorEvent: 3 }, 1);
    const broken = openai.chat.completions.stream({
      model: "by-messages",
      messages: [{ role: "user", content: question }],
    });
    await assert.rejects(broken.finalChatCompletion(), OpenAI.APIError);
    stack.alpha.setFaults({ cutAfter: 3 }, 1);
    const cut = anthropic.messages.stream({
      model: "by-chat",
      max_tokens: 30,
      messages: [{ role: "user", content: question }],
    });
    await assert.rejects(cut.finalMessage(), Anthropic.APIError);
  });
});

describe("every SDK with every format of provider", () => {
  const running = useTestStack({ config: translationConfig });

  for (const index of sdkNumbers) {
    for (const model of upstreamModels) {
      it(`SDK ${index + 1} gets text and tool calls, whole and streamed, ${model}`, async () => {
        const { baseUrl } = running();
        const client = sdkClients(baseUrl, "key-acme")[index];
        assert.ok(client !== undefined);
        for (const stream of [false, true]) {
          const said = await client.ask(model, { stream, tool: false });
          assert.ok(said.text.length > 0, `${client.name}: text`);
          assert.equal(said.finish, client.finishes.text, client.name);
          assert.ok((said.inputTokens ?? 0) > 0 && (said.outputTokens ?? 0) > 0, `${client.name}: usage`);
          const called = await client.ask(model, { stream, tool: true });
          assert.deepEqual(called.calls, [{ name: "toll_for", input: { axles: 7 } }], client.name);
          assert.equal(called.finish, client.finishes.tool, client.name);
        }
      });
    }

    it(`SDK ${index + 1} is served by Bedrock's and then by Gemini's target of one model when those before fail`, async () => {
      const stack = running();
      const client = sdkClients(stack.baseUrl, "key-acme")[index];
      assert.ok(client !== undefined);
      for (const stream of [false, true]) {
        // The next record is then this call's.
        await stack.idle();
        stack.alpha.setFaults({ status: 503 }, 1);
        stack.beta.setFaults({ status: 503 }, 1);
        const record = await stack.recordOf(async () => {
          const said = await client.ask(`all-${index}`, { stream, tool: false });
          assert.ok(said.text.length > 0, client.name);
        });
        assert.equal(record.model_route, `generate/gemini-2.5-flash-${index}`);
        assert.equal((record.attempts as unknown[]).length, 3);
      }
    });

    it(`SDK ${index + 1} raises its own errors`, async () => {
      const stack = running();
      const client = sdkClients(stack.baseUrl, "key-acme")[index];
      assert.ok(client !== undefined);
      for (const model of ["by-messages", "by-converse", "by-generate"]) {
        stack.beta.setFaults({ error: "rate-limit" }, 1);
        await assert.rejects(client.ask(model, { stream: false, tool: false }), (error) => {
          assert.equal(client.statusOf(error), 429, `${client.name} ${model}`);
          return true;
        });
      }
    });
  }
});
