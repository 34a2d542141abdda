import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "node:test";
import {
  ai,
  createAmazonBedrock,
  createAnthropic,
  createGoogleGenerativeAI,
  createOpenAI,
  type Opaque,
} from "../../support/clients/ai-package.ts";
import { pixel, prompt, sdkRefusalTests, sdkStack, toolSchema } from "../../support/clients/sdk-stack.ts";
import { type TestStack, useTestStack } from "../../support/stack/stack.ts";

/** Every way in which the `ai` package reaches a model here. */
const ways = ["openai responses", "openai chat", "anthropic", "bedrock", "google"] as const;

/** The `ai` package's providers. */
export function aiPackageTests(): void {
  describe("the ai package's providers given only another base URL and key", { concurrency: 1 }, () => {
    const running = useTestStack(sdkStack);
    let stack: TestStack;

    function modelOf(way: (typeof ways)[number], apiKey: string, name?: string): Opaque {
      const { listenUrl } = stack.stack;
      switch (way) {
        case "openai responses":
          return createOpenAI({ baseURL: `${listenUrl}/v1`, apiKey }).responses(name ?? "gpt");
        case "openai chat":
          return createOpenAI({ baseURL: `${listenUrl}/v1`, apiKey }).chat(name ?? "gpt");
        case "anthropic":
          return createAnthropic({ baseURL: `${listenUrl}/v1`, apiKey })(name ?? "claude");
        case "bedrock":
          return createAmazonBedrock({ baseURL: listenUrl, apiKey, region: "x" })(name ?? "bedrock-claude");
        case "google":
          return createGoogleGenerativeAI({ baseURL: `${listenUrl}/v1beta`, apiKey })(name ?? "gemini");
      }
    }

    before(() => {
      stack = running();
    });
    afterEach(async () => {
      await stack.idle();
      stack.alpha.reset();
    });

    for (const way of ways) {
      it(`${way}: answers, streams, and is billed as recorded`, async () => {
        const ask = { model: modelOf(way, "key-acme"), prompt, maxOutputTokens: 40, maxRetries: 0 };
        let text = "";
        const whole = await stack.recordOf(async () => {
          text = (await ai.generateText(ask)).text;
        });
        const streamed = await stack.recordOf(async () => {
          const result = ai.streamText(ask);
          let joined = "";
          for await (const delta of result.textStream) joined += delta;
          assert.equal(joined, text);
          assert.equal(
            (await result.usage).outputTokens,
            stack.alpha.received().at(-1)?.billed?.outputTokens,
          );
        });
        for (const record of [whole, streamed]) {
          assert.equal(record.output_tokens, stack.alpha.received().at(-1)?.billed?.outputTokens);
          assert.equal(record.usage_source, "provider");
          assert.equal(record.ending, "completed");
        }
      });

      it(`${way}: sends images, and gets tool calls whole and streamed`, async () => {
        const ask = {
          model: modelOf(way, "key-acme"),
          messages: [
            {
              role: "user" as const,
              content: [
                { type: "text" as const, text: prompt },
                { type: "image" as const, image: pixel, mediaType: "image/png" },
              ],
            },
          ],
          tools: { toll_for: ai.tool({ inputSchema: ai.jsonSchema(toolSchema) }) },
          toolChoice: "required" as const,
          maxOutputTokens: 40,
          maxRetries: 0,
        };
        const [whole] = (await ai.generateText(ask)).toolCalls;
        assert.equal(whole?.toolName, "toll_for");
        const [streamed] = await ai.streamText(ask).toolCalls;
        assert.deepEqual(streamed?.input, whole?.input);
        assert.ok(stack.alpha.received().at(-1)?.body?.includes(pixel));
      });
    }

    it("embeds", async () => {
      const { listenUrl } = stack.stack;
      const openai = createOpenAI({ baseURL: `${listenUrl}/v1`, apiKey: "key-acme" });
      const google = createGoogleGenerativeAI({ baseURL: `${listenUrl}/v1beta`, apiKey: "key-acme" });
      for (const model of [openai.embedding("embedding"), google.embedding("gemini-embedding")]) {
        const { embeddings } = await ai.embedMany({ model, values: [prompt, "Another."], maxRetries: 0 });
        assert.equal(embeddings.length, 2);
      }
    });

    sdkRefusalTests(running, {
      model: "gpt",
      // Its retries look at the status alone.
      heedsQuota: false,
      call: ({ key, model, prompt: asked }) =>
        ai.generateText({ model: modelOf("openai chat", key, model), prompt: asked, maxRetries: 1 }),
      errors: {
        unauthenticated: failed(401),
        forbidden: failed(403),
        unknownModel: failed(404),
        tooLarge: failed(413),
        quota: failed(429),
        unreachable: failed(503),
        badKeyAtProvider: failed(502),
      },
    });
  });
}

/** The package's own error for a failed call, alone or as the last of several tries. */
function failed(status: number): (error: unknown) => boolean {
  return (error) => {
    const last = ai.RetryError.isInstance(error) ? error.lastError : error;
    return ai.APICallError.isInstance(last) && last.statusCode === status;
  };
}
