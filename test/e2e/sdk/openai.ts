import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "node:test";
import OpenAI from "openai";
import { pixel, prompt, sdkRefusalTests, sdkStack, toolSchema } from "../../support/clients/sdk-stack.ts";
import { type TestStack, useTestStack } from "../../support/stack/stack.ts";

/** OpenAI's SDK beyond chat: responses, completions, embeddings, models. */
export function openaiSdkTests(): void {
  describe("the rest of OpenAI's SDK, given only another base URL and key", { concurrency: 1 }, () => {
    const running = useTestStack(sdkStack);
    let stack: TestStack;
    let gateway: OpenAI;
    let provider: OpenAI;

    before(() => {
      stack = running();
      gateway = new OpenAI({ baseURL: stack.baseUrl, apiKey: "key-acme", maxRetries: 0 });
      provider = new OpenAI({ baseURL: `${stack.alpha.url}/v1`, apiKey: "alpha-secret", maxRetries: 0 });
    });
    afterEach(async () => {
      await stack.idle();
      stack.alpha.reset();
    });

    it("gets responses, whole and streamed, and the record is the bill", async () => {
      const ask = { input: prompt, instructions: "Be brief.", max_output_tokens: 40 };
      stack.alpha.setFaults({ cachedTokens: 2, reasoningTokens: 4 });
      const direct = await provider.responses.create({ model: "gpt-4.1", ...ask });
      const whole = await stack.recordOf(async () => {
        const through = await gateway.responses.create({ model: "gpt", ...ask });
        assert.equal(through.output_text, direct.output_text);
        assert.deepEqual(through.usage, direct.usage);
      });
      const streamed = await stack.recordOf(async () => {
        const final = await gateway.responses.stream({ model: "gpt", ...ask }).finalResponse();
        assert.equal(final.output_text, direct.output_text);
      });
      for (const record of [whole, streamed]) {
        assert.equal(record.input_tokens, direct.usage?.input_tokens);
        assert.equal(record.output_tokens, direct.usage?.output_tokens);
        assert.equal(record.cached_input_tokens, 2);
        assert.equal(record.reasoning_tokens, 4);
        assert.equal(record.usage_source, "provider");
      }
    });

    it("sends images to responses, and gets tool calls whole and streamed", async () => {
      const ask = {
        model: "gpt",
        input: [
          {
            role: "user" as const,
            content: [
              { type: "input_text" as const, text: prompt },
              {
                type: "input_image" as const,
                image_url: `data:image/png;base64,${pixel}`,
                detail: "low" as const,
              },
            ],
          },
        ],
        tools: [{ type: "function" as const, name: "toll_for", parameters: toolSchema, strict: false }],
        tool_choice: "required" as const,
      };
      const called = (output: readonly OpenAI.Responses.ResponseOutputItem[]) =>
        output.find((item) => item.type === "function_call");
      const whole = called((await gateway.responses.create(ask)).output);
      assert.equal(whole?.name, "toll_for");
      assert.deepEqual(Object.keys(JSON.parse(whole?.arguments ?? "")), ["axles"]);
      const record = await stack.recordOf(async () => {
        const streamed = called((await gateway.responses.stream(ask).finalResponse()).output);
        assert.equal(streamed?.arguments, whole?.arguments);
      });
      assert.equal(record.finish_reason, "tool_calls");
      const sent = JSON.parse(stack.alpha.received().at(-1)?.body ?? "");
      assert.deepEqual(sent.input, ask.input);
    });

    it("counts the tokens of a response's input here", async () => {
      const { input_tokens } = await gateway.responses.inputTokens.count({ model: "gpt", input: prompt });
      assert.ok(input_tokens >= 6 && input_tokens < 30, String(input_tokens));
      assert.equal(stack.alpha.received().length, 0);
    });

    it("refuses what would pull in content that cannot be counted, as an error of the request", () =>
      assert.rejects(
        gateway.responses.create({ model: "gpt", input: prompt, previous_response_id: "resp_1" }),
        (error) => error instanceof OpenAI.BadRequestError && error.param === "previous_response_id",
      ));

    it("raises its exception for an error inside a stream of events", async () => {
      stack.alpha.setFaults({ errorEvent: 3 }, 1);
      const broken = gateway.responses.stream({ model: "gpt", input: prompt });
      await assert.rejects(broken.finalResponse());
      stack.alpha.setFaults({ cutAfter: 3 }, 1);
      const cut = gateway.responses.stream({ model: "gpt", input: prompt });
      await assert.rejects(cut.finalResponse());
    });

    it("gets completions, whole and streamed", async () => {
      const ask = { prompt, max_tokens: 20, n: 2 };
      const direct = await provider.completions.create({ model: "gpt-3.5-turbo-instruct", ...ask });
      const through = await gateway.completions.create({ model: "instruct", ...ask });
      assert.deepEqual(through.choices, direct.choices);
      assert.deepEqual(through.usage, direct.usage);
      const texts = ["", ""];
      const record = await stack.recordOf(async () => {
        const stream = await gateway.completions.create({ model: "instruct", ...ask, stream: true });
        for await (const { choices } of stream) for (const { index, text } of choices) texts[index] += text;
      });
      assert.deepEqual(
        texts,
        direct.choices.map(({ text }) => text),
      );
      assert.equal(record.output_tokens, direct.usage?.completion_tokens);
    });

    it("gets embeddings as numbers and as base64, of text and of token ids", async () => {
      for (const encoding_format of ["float", "base64"] as const) {
        const record = await stack.recordOf(async () => {
          const input = [prompt, "Another."];
          const ask = { input, encoding_format };
          const direct = await provider.embeddings.create({ model: "text-embedding-3-small", ...ask });
          const through = await gateway.embeddings.create({ model: "embedding", ...ask });
          assert.deepEqual(through.data, direct.data);
        });
        assert.equal(record.input_tokens, stack.alpha.received().at(-1)?.billed?.inputTokens);
        assert.equal(record.output_tokens, 0);
      }
      const record = await stack.recordOf(() =>
        gateway.embeddings.create({ model: "embedding", input: [[1, 2, 3], [4]] }),
      );
      assert.equal(record.counted_input_tokens, 4);
    });

    it("lists the models", async () => {
      const names: string[] = [];
      for await (const { id, object } of gateway.models.list()) names.push(`${object} ${id}`);
      assert.ok(names.includes("model gpt"));
      assert.equal((await gateway.models.retrieve("gpt")).id, "gpt");
      await assert.rejects(gateway.models.retrieve("none/such"), OpenAI.NotFoundError);
    });

    sdkRefusalTests(running, {
      model: "gpt",
      heedsQuota: true,
      call: ({ key, model, prompt: input }) =>
        new OpenAI({ baseURL: stack.baseUrl, apiKey: key, maxRetries: 1 }).responses.create({ model, input }),
      errors: {
        unauthenticated: OpenAI.AuthenticationError,
        forbidden: OpenAI.PermissionDeniedError,
        unknownModel: OpenAI.NotFoundError,
        tooLarge: { status: 413, code: "request_too_large" },
        quota: { status: 429, code: "insufficient_quota" },
        unreachable: OpenAI.InternalServerError,
        badKeyAtProvider: { status: 502, code: "upstream_auth" },
      },
    });
  });
}
