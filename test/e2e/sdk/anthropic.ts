import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import type { StoredRecord } from "../../../src/usage/read.ts";
import { pixel, prompt, sdkRefusalTests, sdkStack, toolSchema } from "../../support/clients/sdk-stack.ts";
import { type TestStack, useTestStack } from "../../support/stack/stack.ts";

const ask: Anthropic.MessageCreateParamsNonStreaming = {
  model: "claude",
  max_tokens: 40,
  messages: [{ role: "user", content: prompt }],
};

/** Anthropic's SDK: messages, streams, counts of tokens. */
export function anthropicSdkTests(): void {
  describe("Anthropic's SDK given only another base URL and key", { concurrency: 1 }, () => {
    const running = useTestStack(sdkStack);
    let stack: TestStack;
    let gateway: Anthropic;
    let provider: Anthropic;

    before(() => {
      stack = running();
      gateway = new Anthropic({ baseURL: stack.stack.listenUrl, apiKey: "key-acme", maxRetries: 0 });
      provider = new Anthropic({ baseURL: stack.alpha.url, apiKey: "alpha-secret", maxRetries: 0 });
    });
    afterEach(async () => {
      await stack.idle();
      stack.alpha.reset();
    });

    it("gets the provider's own answer, whole and streamed, and the same bill", async () => {
      const direct = await provider.messages.create({ ...ask, model: "claude-sonnet-4-5" });
      const whole = await stack.recordOf(async () => {
        assert.deepEqual({ ...(await gateway.messages.create(ask)), id: "" }, { ...direct, id: "" });
      });
      const streamed = await stack.recordOf(async () => {
        const message = await gateway.messages.stream(ask).finalMessage();
        assert.deepEqual(message.content, direct.content);
        assert.equal(message.usage.output_tokens, direct.usage.output_tokens);
      });
      for (const record of [whole, streamed]) assertBilled(record, direct.usage);
    });

    it("sends images, and gets tool calls whole and streamed", async () => {
      const options: Anthropic.MessageCreateParamsNonStreaming = {
        ...ask,
        messages: [
          {
            role: "user",
            content: [
              { type: "text", text: prompt },
              { type: "image", source: { type: "base64", media_type: "image/png", data: pixel } },
            ],
          },
        ],
        tools: [{ name: "toll_for", input_schema: toolSchema }],
        tool_choice: { type: "any" },
      };
      const called = (message: Anthropic.Message) =>
        message.content.find((block) => block.type === "tool_use");
      const whole = called(await gateway.messages.create(options));
      assert.equal(whole?.name, "toll_for");
      assert.deepEqual(Object.keys(whole?.input as object), ["axles"]);
      const record = await stack.recordOf(async () => {
        const streamed = called(await gateway.messages.stream(options).finalMessage());
        assert.deepEqual(streamed?.input, whole?.input);
      });
      assert.equal(record.finish_reason, "tool_calls");
      const sent = JSON.parse(stack.alpha.received().at(-1)?.body ?? "");
      assert.deepEqual(sent.messages, options.messages);
    });

    it("thinks aloud, and is billed for its thoughts", async () => {
      stack.alpha.setFaults({ reasoningTokens: 6 });
      const record = await stack.recordOf(async () => {
        const stream = gateway.messages.stream({
          ...ask,
          max_tokens: 2_000,
          thinking: { type: "enabled", budget_tokens: 1_024 },
        });
        let thoughts = "";
        stream.on("thinking", (delta) => {
          thoughts += delta;
        });
        const message = await stream.finalMessage();
        const block = message.content.find((one) => one.type === "thinking");
        assert.equal(block?.thinking, thoughts);
        assert.ok(thoughts.length > 0);
      });
      assert.equal(record.output_tokens, stack.alpha.received().at(-1)?.billed?.outputTokens);
    });

    it("counts tokens here: nothing reaches the provider, and the count is near the bill", async () => {
      const before = stack.alpha.received().length;
      const { max_tokens: _, ...countable } = ask;
      const { input_tokens } = await gateway.messages.countTokens(countable);
      assert.equal(stack.alpha.received().length, before);
      assert.ok(input_tokens >= 6 && input_tokens < 40, String(input_tokens));
    });

    it("lists the models in Anthropic's shape", async () => {
      const names: string[] = [];
      for await (const { id, type } of gateway.models.list()) names.push(`${type} ${id}`);
      assert.ok(names.includes("model claude"));
      assert.equal((await gateway.models.retrieve("claude")).display_name, "claude");
      await assert.rejects(gateway.models.retrieve("none/such"), Anthropic.NotFoundError);
    });

    it("raises its exception for an error inside a stream", async () => {
      stack.alpha.setFaults({ errorEvent: 3 }, 1);
      let text = "";
      const stream = gateway.messages.stream(ask);
      stream.on("text", (delta) => {
        text += delta;
      });
      await assert.rejects(stream.finalMessage(), (error) => {
        assert.ok(error instanceof Anthropic.APIError);
        assert.match(JSON.stringify(error.error), /overloaded_error/);
        return true;
      });
      assert.ok(text.length > 0);
      stack.alpha.setFaults({ cutAfter: 3 }, 1);
      await assert.rejects(gateway.messages.stream(ask).finalMessage(), Anthropic.APIError);
    });

    sdkRefusalTests(running, {
      model: "claude",
      heedsQuota: true,
      call: ({ key, model, prompt: content }) =>
        new Anthropic({ baseURL: stack.stack.listenUrl, apiKey: key, maxRetries: 1 }).messages.create({
          ...ask,
          model,
          messages: [{ role: "user", content }],
        }),
      errors: {
        unauthenticated: Anthropic.AuthenticationError,
        forbidden: Anthropic.PermissionDeniedError,
        unknownModel: Anthropic.NotFoundError,
        tooLarge: { status: 413, type: "request_too_large" },
        quota: Anthropic.RateLimitError,
        unreachable: Anthropic.InternalServerError,
        badKeyAtProvider: { status: 502 },
      },
    });
  });
}

function assertBilled(record: StoredRecord, usage: Anthropic.Usage): void {
  assert.equal(record.input_tokens, usage.input_tokens);
  assert.equal(record.output_tokens, usage.output_tokens);
  assert.equal(record.usage_source, "provider");
  assert.equal(record.finish_reason, "stop");
}
