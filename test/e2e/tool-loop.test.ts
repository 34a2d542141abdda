import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { LLMock } from "@copilotkit/aimock";
import {
  ai,
  createAmazonBedrock,
  createAnthropic,
  createGoogleGenerativeAI,
  createOpenAI,
  type Opaque,
} from "../support/clients/ai-package.ts";
import { fromTool, fromUser, type LangchainMessage, langchainModels } from "../support/clients/langchain.ts";
import {
  translationConfig,
  translationConfigAt,
  upstreamModels,
} from "../support/clients/translation-clients.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

const prompt = "What does it cost to pass the gate with two axles, and with seven?";
/** How often the model calls its tools before it answers, and with how many at once. */
const rounds = 2;
const callsAtOnce = 2;
const callsInAll = rounds * callsAtOnce;
const answer = "Four dollars, and four more: grüezi 🚗.";
const schema = { type: "object", properties: { axles: { type: "integer" } } };

/** Pays the toll as the model asks for it; what it was asked is kept. */
type Pay = (input: unknown) => { readonly usd: number };
/** A loop of tool calls from the first question to the final answer, by one package in one vendor's format. */
type Loop = (origin: string, model: string, streamed: boolean, pay: Pay) => Promise<string>;

const options = (baseURL: string) => ({ baseURL, apiKey: "key-acme" });
const aiModels: Readonly<Record<string, (origin: string, model: string) => Opaque>> = {
  "openai-chat": (origin, model) => createOpenAI(options(`${origin}/v1`)).chat(model),
  "openai-responses": (origin, model) => createOpenAI(options(`${origin}/v1`)).responses(model),
  "anthropic-messages": (origin, model) => createAnthropic(options(`${origin}/v1`))(model),
  "bedrock-converse": (origin, model) => createAmazonBedrock({ ...options(origin), region: "x" })(model),
  "gemini-generate": (origin, model) => createGoogleGenerativeAI(options(`${origin}/v1beta`))(model),
};

function aiLoop(modelOf: (origin: string, model: string) => Opaque): Loop {
  return async (origin, model, streamed, pay) => {
    const execute = async (input: never) => pay(input);
    const ask = {
      model: modelOf(origin, model),
      prompt,
      maxOutputTokens: 200,
      maxRetries: 0,
      tools: { toll_for: ai.tool({ inputSchema: ai.jsonSchema(schema), execute }) },
      stopWhen: ai.stepCountIs(rounds + 2),
    };
    if (!streamed) return (await ai.generateText(ask)).text;
    let text = "";
    for await (const delta of ai.streamText(ask).textStream) text += delta;
    return text;
  };
}

function langchainLoop(modelOf: (typeof langchainModels)[string]): Loop {
  return async (origin, name, streamed, pay) => {
    const tool = {
      type: "function",
      function: { name: "toll_for", description: "Tells it", parameters: schema },
    };
    const model = modelOf(origin, "key-acme", name).bindTools([tool]);
    const messages: LangchainMessage[] = [fromUser(prompt)];
    for (let step = 0; step < rounds + 2; step += 1) {
      const said = streamed ? await joined(await model.stream(messages)) : await model.invoke(messages);
      const calls = said.tool_calls ?? [];
      if (calls.length === 0) return said.text;
      messages.push(said, ...calls.map((call) => fromTool(call, JSON.stringify(pay(call.args)))));
    }
    return "the loop did not end";
  };
}

async function joined(pieces: AsyncIterable<LangchainMessage>): Promise<LangchainMessage> {
  let all: LangchainMessage | undefined;
  for await (const piece of pieces) all = all === undefined ? piece : all.concat(piece);
  assert.ok(all !== undefined);
  return all;
}

const packages: Readonly<Record<string, Readonly<Record<string, Loop>>>> = {
  ai: Object.fromEntries(Object.entries(aiModels).map(([format, model]) => [format, aiLoop(model)])),
  LangChain: Object.fromEntries(
    Object.entries(langchainModels).map(([format, model]) => [format, langchainLoop(model)]),
  ),
};

/** A cell that an upstream cannot serve by itself: it is asked in its own format, and its answer passes as it is. */
interface Unservable {
  readonly name: string;
  readonly format: string;
  readonly model: string;
  readonly streamed: boolean;
  readonly why: string;
  /** What comes of it. */
  readonly fails: RegExp;
}

/** Every loop with every kind of provider, whole, streamed or both: the same answer, by the same calls. `ready` is told how many calls were paid so far. */
function loopTests(
  running: () => TestStack,
  ways: readonly boolean[],
  ready: (stack: TestStack, paid: number) => void,
  cannot: readonly Unservable[] = [],
): void {
  for (const [name, loops] of Object.entries(packages))
    for (const [format, loop] of Object.entries(loops))
      it(`end in the same answer whoever serves them: ${name}, ${format}`, async () => {
        const stack = running();
        for (const model of upstreamModels)
          for (const streamed of ways) {
            if (cannot.some((cell) => isCell(cell, name, format, model, streamed))) continue;
            const paid: unknown[] = [];
            ready(stack, 0);
            const pay: Pay = (input) => {
              paid.push(input);
              ready(stack, paid.length);
              return { usd: 4 };
            };
            const about = `${model}, ${streamed ? "streamed" : "whole"}`;
            assert.equal(await loop(stack.stack.listenUrl, model, streamed, pay), answer, about);
            assert.deepEqual(paid, Array(callsInAll).fill({ axles: 7 }), about);
          }
      });
}

describe("loops of tool calls with the fake provider", () => {
  const running = useTestStack({ config: translationConfig });
  loopTests(running, [true], ({ alpha, beta }, paid) => {
    const faults = paid < callsInAll ? { toolCalls: callsAtOnce } : { text: answer };
    alpha.setFaults(faults);
    beta.setFaults(faults);
  });
});

// An upstream that nobody here wrote, and that reads each format itself: it asks until it has the results of all its calls.
const mock = new LLMock({ port: 0, chunkSize: 5 });
const results = (messages: readonly { readonly role: string }[]) =>
  messages.filter(({ role }) => role === "tool").length;
const call = { name: "toll_for", arguments: '{"axles":7}' };
mock.on(
  { predicate: ({ messages }) => results(messages) < callsInAll },
  { toolCalls: Array(callsAtOnce).fill(call) },
);
mock.on({ predicate: ({ messages }) => results(messages) === callsInAll }, { content: answer });
await mock.start();

const finishOfItsOwn = "it ends calls by a finish reason that Gemini does not have";
const unservable: readonly Unservable[] = [
  ...[false, true].map((streamed) => ({
    name: "ai",
    format: "gemini-generate",
    model: "by-generate",
    streamed,
    why: finishOfItsOwn,
    fails: /^$/,
  })),
  {
    name: "LangChain",
    format: "bedrock-converse",
    model: "by-converse",
    streamed: true,
    why: "it begins text as Bedrock does not",
    fails: /Unsupported content block start event/,
  },
];

describe("loops of tool calls with aimock", () => {
  after(() => mock.stop());
  const running = useTestStack({ config: translationConfigAt(mock.url, mock.url) });
  loopTests(running, [false, true], () => {}, unservable);

  for (const { name, format, model, streamed, why, fails } of unservable)
    it(`cannot be had of aimock in its own format by ${name}, ${format}, ${streamed ? "streamed" : "whole"}: ${why}`, async () => {
      const loop = packages[name]![format]!;
      const text = await loop(running().stack.listenUrl, model, streamed, () => ({ usd: 4 })).catch(String);
      assert.match(text, fails);
    });
});

function isCell(cell: Unservable, name: string, format: string, model: string, streamed: boolean): boolean {
  return cell.name === name && cell.format === format && cell.model === model && cell.streamed === streamed;
}
