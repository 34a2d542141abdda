import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import {
  BedrockRuntimeClient,
  type BedrockRuntimeClientConfig,
  ConverseCommand,
  type ConverseCommandInput,
  ConverseStreamCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { pixel, prompt, sdkRefusalTests, sdkStack, toolSchema } from "../../support/clients/sdk-stack.ts";
import { type TestStack, useTestStack } from "../../support/stack/stack.ts";

const ask: ConverseCommandInput = {
  modelId: "bedrock-claude",
  messages: [{ role: "user", content: [{ text: prompt }] }],
  inferenceConfig: { maxTokens: 40 },
};
const invocation = {
  modelId: "bedrock-claude",
  body: JSON.stringify({
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 40,
    messages: [{ role: "user", content: prompt }],
  }),
};
const target = "anthropic.claude-haiku-4-5-20251001-v1:0";

/** AWS's SDK for Bedrock: Converse and InvokeModel, streamed and not. */
export function bedrockSdkTests(): void {
  describe("AWS's SDK for Bedrock given only another endpoint and a bearer key", { concurrency: 1 }, () => {
    const running = useTestStack(sdkStack);
    const clients: BedrockRuntimeClient[] = [];
    let stack: TestStack;
    let gateway: BedrockRuntimeClient;

    /** A client that shows its key as Bedrock's API keys are shown. */
    function clientOf(key: string, config: BedrockRuntimeClientConfig = {}): BedrockRuntimeClient {
      const client = new BedrockRuntimeClient({
        region: "eu-central-1",
        endpoint: stack.stack.listenUrl,
        token: { token: key },
        authSchemePreference: ["httpBearerAuth"],
        maxAttempts: 1,
        ...config,
      });
      clients.push(client);
      return client;
    }

    async function eventsOf(input: ConverseCommandInput) {
      const events = [];
      for await (const event of (await gateway.send(new ConverseStreamCommand(input))).stream ?? [])
        events.push(event);
      return events;
    }

    before(() => {
      stack = running();
      gateway = clientOf("key-acme");
    });
    afterEach(async () => {
      await stack.idle();
      stack.alpha.reset();
    });
    after(() => {
      for (const client of clients) client.destroy();
    });

    it("converses, whole and streamed, and the record is the bill", async () => {
      const whole = await stack.recordOf(async () => {
        const { output, usage, stopReason } = await gateway.send(new ConverseCommand(ask));
        assert.equal(stopReason, "end_turn");
        const events = await eventsOf(ask);
        const text = events.map((event) => event.contentBlockDelta?.delta?.text ?? "").join("");
        assert.deepEqual(output?.message?.content, [{ text }]);
        assert.deepEqual(events.at(-1)?.metadata?.usage, usage);
      });
      const streamed = (await stack.records(2)).at(-1);
      const [received] = stack.alpha.received();
      assert.equal(received?.path, `/model/${encodeURIComponent(target)}/converse`);
      for (const record of [whole, streamed]) {
        assert.equal(record?.input_tokens, received?.billed?.inputTokens);
        assert.equal(record?.output_tokens, received?.billed?.outputTokens);
        assert.equal(record?.usage_source, "provider");
        assert.equal(record?.ending, "completed");
      }
    });

    it("sends images and documents, and gets tool calls whole and streamed", async () => {
      const input: ConverseCommandInput = {
        ...ask,
        messages: [
          {
            role: "user",
            content: [
              { text: prompt },
              { image: { format: "png", source: { bytes: Buffer.from(pixel, "base64") } } },
              { document: { format: "txt", name: "rules", source: { bytes: Buffer.from("Pay here.") } } },
            ],
          },
        ],
        toolConfig: {
          tools: [
            { toolSpec: { name: "toll_for", description: "Tolls.", inputSchema: { json: toolSchema } } },
          ],
          toolChoice: { any: {} },
        },
      };
      const whole = await gateway.send(new ConverseCommand(input));
      const called = whole.output?.message?.content?.find((block) => block.toolUse !== undefined)?.toolUse;
      assert.equal(called?.name, "toll_for");
      const record = await stack.recordOf(async () => {
        const events = await eventsOf(input);
        const json = events.map((event) => event.contentBlockDelta?.delta?.toolUse?.input ?? "").join("");
        assert.deepEqual(JSON.parse(json), called?.input);
      });
      assert.equal(record.finish_reason, "tool_calls");
      const sent = JSON.parse(stack.alpha.received().at(-1)?.body ?? "");
      assert.equal(sent.messages[0].content[1].image.source.bytes, pixel);
    });

    it("invokes Claude in its own format, whole and streamed", async () => {
      const whole = await gateway.send(new InvokeModelCommand(invocation));
      const message = JSON.parse(Buffer.from(whole.body).toString());
      const record = await stack.recordOf(async () => {
        const { body } = await gateway.send(new InvokeModelWithResponseStreamCommand(invocation));
        let text = "";
        for await (const { chunk } of body ?? [])
          text += JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()).delta?.text ?? "";
        assert.equal(text, message.content[0].text);
      });
      assert.equal(record.output_tokens, message.usage.output_tokens);
      assert.equal(record.dialect, "bedrock-invoke");
    });

    it("raises its exceptions for what breaks a stream", async () => {
      const words = async (): Promise<number> => {
        let count = 0;
        const { stream } = await gateway.send(new ConverseStreamCommand(ask));
        for await (const event of stream ?? []) count += event.contentBlockDelta === undefined ? 0 : 1;
        return count;
      };
      stack.alpha.setFaults({ errorEvent: 2 }, 1);
      await assert.rejects(words(), { name: "InternalServerException" });
      stack.alpha.setFaults({ cutAfter: 2 }, 1);
      await assert.rejects(words(), { name: "ModelStreamErrorException" });
    });

    sdkRefusalTests(running, {
      model: "bedrock-claude",
      heedsQuota: true,
      call: ({ key, model, prompt: text }) =>
        clientOf(key, { maxAttempts: 2 }).send(
          new ConverseCommand({ ...ask, modelId: model, messages: [{ role: "user", content: [{ text }] }] }),
        ),
      errors: {
        unauthenticated: { name: "UnrecognizedClientException" },
        forbidden: { name: "AccessDeniedException" },
        unknownModel: { name: "ResourceNotFoundException" },
        tooLarge: { name: "ValidationException" },
        quota: { name: "ServiceQuotaExceededException" },
        unreachable: { name: "ServiceUnavailableException" },
        badKeyAtProvider: { name: "InternalServerException" },
      },
    });
  });
}
