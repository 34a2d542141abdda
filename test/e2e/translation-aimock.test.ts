import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { LLMock } from "@copilotkit/aimock";
import {
  type SdkAnswer,
  sdkClients,
  sdkNumbers,
  translationConfigAt,
  upstreamModels,
} from "../support/clients/translation-clients.ts";
import { useTestStack } from "../support/stack/stack.ts";

const text = "Cars stop, pay and go on: grüezi 🚗.";
const bill = { input: 21, output: 13 };
const usage = {
  prompt_tokens: bill.input,
  completion_tokens: bill.output,
  input_tokens: bill.input,
  output_tokens: bill.output,
  total_tokens: bill.input + bill.output,
  promptTokenCount: bill.input,
  candidatesTokenCount: bill.output,
  totalTokenCount: bill.input + bill.output,
};

// An upstream that nobody here wrote, in each of the four formats; every piece of its streams is three characters long.
const mock = new LLMock({ port: 0, chunkSize: 3 });
mock.onMessage("tool", { toolCalls: [{ name: "toll_for", arguments: '{"axles":2}' }], usage });
mock.onMessage("be cut", { content: text, usage }, { truncateAfterChunks: 6 });
mock.onMessage("be malformed", { content: text, usage }, { chaos: { malformedRate: 1 } });
mock.onMessage("fail", { status: 503, error: { message: "no room today", type: "server_error" } });
mock.onMessage("too many", { status: 429, error: { message: "slow down", type: "rate_limit_error" } });
mock.onMessage("toll", { content: text, usage });
await mock.start();

/** The model that speaks an SDK's own format. */
const own: Readonly<Record<number, string>> = {
  0: "by-chat",
  2: "by-messages",
  3: "by-converse",
  4: "by-generate",
};

describe("every SDK with aimock in every format of provider", () => {
  after(() => mock.stop());
  const running = useTestStack({ config: translationConfigAt(mock.url, mock.url) });

  for (const index of sdkNumbers)
    for (const model of upstreamModels) {
      const client = () => sdkClients(running().baseUrl, "key-acme")[index]!;

      it(`SDK ${index + 1} gets text, tool calls and the bill, whole and streamed, ${model}`, async () => {
        for (const stream of [false, true]) {
          const said = await client().ask(model, { stream, tool: false, prompt: "How does a toll work?" });
          assert.equal(said.text, text);
          assertBill(said);
          const called = await client().ask(model, { stream, tool: true, prompt: "call the tool" });
          assert.deepEqual(called.calls, [{ name: "toll_for", input: { axles: 2 } }]);
          assertBill(called);
        }
      });

      it(`SDK ${index + 1} raises its own errors for what fails, is malformed or cut, ${model}`, async () => {
        const ask = (prompt: string, stream: boolean) => client().ask(model, { stream, tool: false, prompt });
        const fails: readonly (readonly [prompt: string, status: number])[] = [
          ["fail", 503],
          ["too many", 429],
          ...(own[index] === model ? [] : ([["be malformed", 502]] as const)),
        ];
        for (const [prompt, status] of fails)
          await assert.rejects(ask(prompt, false), (error) => {
            assert.equal(client().statusOf(error), status, `${prompt}: ${error}`);
            return true;
          });
        // What is not translated passes as it is: what is wrong with it is then the SDK's own to say.
        await assert.rejects(ask("be malformed", false));
        await assert.rejects(ask("be cut", true));
      });
    }
});

function assertBill({ inputTokens, outputTokens }: SdkAnswer): void {
  assert.deepEqual({ inputTokens, outputTokens }, { inputTokens: bill.input, outputTokens: bill.output });
}
