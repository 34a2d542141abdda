import assert from "node:assert/strict";
import { afterEach, before, describe, it } from "node:test";
import {
  ApiError,
  FunctionCallingConfigMode,
  type GenerateContentParameters,
  type GenerateContentResponse,
  GoogleGenAI,
} from "@google/genai";
import { pixel, prompt, sdkRefusalTests, sdkStack, toolSchema } from "../../support/clients/sdk-stack.ts";
import { type TestStack, useTestStack } from "../../support/stack/stack.ts";

const ask: GenerateContentParameters = {
  model: "gemini",
  contents: prompt,
  config: { maxOutputTokens: 40, systemInstruction: "Be brief." },
};

/** Google's SDK: generation, counts of tokens, embeddings. */
export function geminiSdkTests(): void {
  describe("Google's SDK given only another base URL and key", { concurrency: 1 }, () => {
    const running = useTestStack(sdkStack);
    let stack: TestStack;
    let gateway: GoogleGenAI;

    const clientOf = (apiKey: string, attempts: number): GoogleGenAI =>
      new GoogleGenAI({
        apiKey,
        httpOptions: { baseUrl: stack.stack.listenUrl, retryOptions: { attempts } },
      });
    const chunksOf = async (asked: GenerateContentParameters): Promise<GenerateContentResponse[]> => {
      const chunks: GenerateContentResponse[] = [];
      for await (const chunk of await gateway.models.generateContentStream(asked)) chunks.push(chunk);
      return chunks;
    };

    before(() => {
      stack = running();
      gateway = clientOf("key-acme", 1);
    });
    afterEach(async () => {
      await stack.idle();
      stack.alpha.reset();
    });

    it("generates, whole and streamed, and the record is the bill", async () => {
      stack.alpha.setFaults({ cachedTokens: 3, reasoningTokens: 5 });
      let whole: GenerateContentResponse | undefined;
      const records = [
        await stack.recordOf(async () => {
          whole = await gateway.models.generateContent(ask);
        }),
        await stack.recordOf(async () => {
          const chunks = await chunksOf(ask);
          assert.equal(chunks.map((chunk) => chunk.text ?? "").join(""), whole?.text);
          assert.deepEqual(chunks.at(-1)?.usageMetadata, whole?.usageMetadata);
        }),
      ];
      const billed = stack.alpha.received().at(-1)?.billed;
      for (const record of records) {
        assert.equal(record.input_tokens, billed?.inputTokens);
        assert.equal(record.output_tokens, billed?.outputTokens);
        assert.equal(record.cached_input_tokens, 3);
        assert.equal(record.reasoning_tokens, 5);
        assert.equal(record.usage_source, "provider");
        assert.equal(record.finish_reason, "stop");
      }
    });

    it("sends images, and gets tool calls whole and streamed", async () => {
      const asked: GenerateContentParameters = {
        model: "gemini",
        contents: [
          { role: "user", parts: [{ text: prompt }, { inlineData: { mimeType: "image/png", data: pixel } }] },
        ],
        config: {
          tools: [{ functionDeclarations: [{ name: "toll_for", parametersJsonSchema: toolSchema }] }],
          toolConfig: { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } },
        },
      };
      const [called] = (await gateway.models.generateContent(asked)).functionCalls ?? [];
      assert.equal(called?.name, "toll_for");
      const record = await stack.recordOf(async () => {
        const calls = (await chunksOf(asked)).flatMap((chunk) => chunk.functionCalls ?? []);
        assert.deepEqual(calls, [called]);
      });
      assert.equal(record.finish_reason, "tool_calls");
      const sent = JSON.parse(stack.alpha.received().at(-1)?.body ?? "");
      assert.equal(sent.contents[0].parts[1].inlineData.data, pixel);
      assert.ok(sent.generationConfig.maxOutputTokens > 0, "a cap is put in");
    });

    it("asks for several candidates, and each is held and billed", async () => {
      const config = { ...ask.config, candidateCount: 3 };
      const record = await stack.recordOf(async () => {
        const { candidates } = await gateway.models.generateContent({ ...ask, config });
        assert.equal(candidates?.length, 3);
      });
      assert.equal(record.output_tokens, stack.alpha.received().at(-1)?.billed?.outputTokens);
      assert.ok(Number(record.held_nano_usd) >= 3 * 40 * 2_000);
    });

    it("counts tokens here, and lists the models in Google's shape", async () => {
      const { totalTokens } = await gateway.models.countTokens({ model: "gemini", contents: prompt });
      assert.ok(totalTokens !== undefined && totalTokens >= 6 && totalTokens < 30, String(totalTokens));
      const names: (string | undefined)[] = [];
      for await (const model of await gateway.models.list()) names.push(model.name);
      assert.ok(names.includes("models/gemini"));
      assert.equal((await gateway.models.get({ model: "gemini" })).displayName, "gemini");
      await assert.rejects(gateway.models.get({ model: "none" }), { status: 404 });
      assert.equal(stack.alpha.received().length, 0);
    });

    it("embeds one text and several", async () => {
      for (const contents of [[prompt], [prompt, "Another."]]) {
        const record = await stack.recordOf(async () => {
          const { embeddings } = await gateway.models.embedContent({ model: "gemini-embedding", contents });
          assert.equal(embeddings?.length, contents.length);
          assert.ok((embeddings?.[0]?.values?.length ?? 0) > 0);
        });
        assert.equal(record.ending, "completed");
        assert.equal(record.output_tokens, 0);
        assert.ok(Number(record.input_tokens) > 0);
      }
    });

    it("raises its exception for what breaks a stream", async () => {
      stack.alpha.setFaults({ errorEvent: 3 }, 1);
      await assert.rejects(chunksOf(ask), ApiError);
      stack.alpha.setFaults({ cutAfter: 3 }, 1);
      await assert.rejects(chunksOf(ask), ApiError);
    });

    it("gets the reason of a blocked prompt, which is no failure", async () => {
      stack.alpha.setFaults({ error: "content-filter" }, 1);
      const record = await stack.recordOf(async () => {
        const { promptFeedback } = await gateway.models.generateContent(ask);
        assert.equal(promptFeedback?.blockReason, "PROHIBITED_CONTENT");
      });
      assert.equal(record.finish_reason, "content_filter");
      assert.equal(record.ending, "completed");
    });

    sdkRefusalTests(running, {
      model: "gemini",
      // Its retries look at the status alone.
      heedsQuota: false,
      call: ({ key, model, prompt: contents }) =>
        clientOf(key, 2).models.generateContent({ ...ask, model, contents }),
      errors: {
        unauthenticated: { name: "ApiError", status: 401 },
        forbidden: { name: "ApiError", status: 403 },
        unknownModel: { name: "ApiError", status: 404 },
        tooLarge: { name: "ApiError", status: 413 },
        quota: { name: "ApiError", status: 429 },
        unreachable: { name: "ApiError", status: 503 },
        // Google says 400 to a bad key, and by then the status has passed.
        badKeyAtProvider: { name: "ApiError", status: 400, message: /the gateway's credentials/ },
      },
    });
  });
}
