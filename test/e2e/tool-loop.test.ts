import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { LLMock } from "@copilotkit/aimock";
import {
  ai,
  createAmazonBedrock,
  createAnthropic,
  createGoogleGenerativeAI,
  createOpenAI,
  type Opaque,
} from "../support/ai-package.ts";
import { type TestStack, useTestStack } from "../support/stack.ts";
import { translationConfigAt, upstreamModels } from "../support/translation-clients.ts";

const prompt = "What does it cost to pass the gate with two axles, and with seven?";
/** Served without translation: what comes of it is between the package and the provider. */
const own: Readonly<Record<string, string>> = {
  google: "by-generate",
  bedrock: "by-converse",
  anthropic: "by-messages",
};
/** How often the model calls its tools before it answers, and with how many at once. */
const rounds = 2;
const callsAtOnce = 2;
const answer = "Four dollars, and four more: grüezi 🚗.";

// An upstream that nobody here wrote, and that reads each format itself: it asks until it has the results of all its calls.
const mock = new LLMock({ port: 0, chunkSize: 5 });
const results = (messages: readonly { readonly role: string }[]) =>
  messages.filter(({ role }) => role === "tool").length;
const call = { name: "toll_for", arguments: '{"axles":7}' };
mock.on(
  { predicate: ({ messages }) => results(messages) < rounds * callsAtOnce },
  { toolCalls: Array(callsAtOnce).fill(call) },
);
mock.on({ predicate: ({ messages }) => results(messages) === rounds * callsAtOnce }, { content: answer });
await mock.start();

describe("loops of tool calls run by the ai package", () => {
  after(() => mock.stop());
  const running = useTestStack({ config: translationConfigAt(mock.url, mock.url) });
  let stack: TestStack;
  before(() => {
    stack = running();
  });

  const ways: Readonly<Record<string, (model: string) => Opaque>> = {
    "openai chat": (model) => createOpenAI(options("/v1")).chat(model),
    "openai responses": (model) => createOpenAI(options("/v1")).responses(model),
    anthropic: (model) => createAnthropic(options("/v1"))(model),
    bedrock: (model) => createAmazonBedrock({ ...options(""), region: "x" })(model),
    google: (model) => createGoogleGenerativeAI(options("/v1beta"))(model),
  };
  const options = (path: string) => ({ baseURL: `${stack.stack.listenUrl}${path}`, apiKey: "key-acme" });

  for (const [way, modelOf] of Object.entries(ways)) {
    it(`end in the same answer whoever serves it: ${way}`, async () => {
      for (const model of upstreamModels.filter((one) => one !== own[way])) {
        for (const streamed of [false, true]) {
          const paid: unknown[] = [];
          const ask = { model: modelOf(model), prompt, maxOutputTokens: 200, maxRetries: 0, ...loop(paid) };
          const text = streamed ? await joined(ask) : (await ai.generateText(ask)).text;
          assert.equal(text, answer, `${model}, ${streamed ? "streamed" : "whole"}`);
          assert.deepEqual(paid, Array(rounds * callsAtOnce).fill({ axles: 7 }), model);
        }
      }
    });
  }
});

function loop(paid: unknown[]) {
  const execute = async (input: never) => {
    paid.push(input);
    return { usd: 4 };
  };
  const schema = { type: "object", properties: { axles: { type: "integer" } } };
  return {
    tools: { toll_for: ai.tool({ inputSchema: ai.jsonSchema(schema), execute }) },
    stopWhen: ai.stepCountIs(rounds + 2),
  };
}

async function joined(ask: Parameters<typeof ai.streamText>[0]): Promise<string> {
  let text = "";
  for await (const delta of ai.streamText(ask).textStream) text += delta;
  return text;
}
