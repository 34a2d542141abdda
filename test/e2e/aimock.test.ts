import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import Anthropic from "@anthropic-ai/sdk";
import {
  BedrockRuntimeClient,
  ConverseCommand,
  ConverseStreamCommand,
  type ConverseStreamOutput,
  InvokeModelCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { LLMock } from "@copilotkit/aimock";
import { GoogleGenAI } from "@google/genai";
import OpenAI from "openai";
import { embeddingClients } from "../support/clients/embedding-clients.ts";
import { everyVendorConfig, toolSchema } from "../support/clients/sdk-stack.ts";
import { type TestStack, useTestStack } from "../support/stack/stack.ts";

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
const fails = { status: 503, error: { message: "no room today", type: "server_error" } };

// An upstream that nobody here wrote; every piece of its streams is three characters long.
const mock = new LLMock({ port: 0, chunkSize: 3 });
mock.onMessage("call the tool", { toolCalls: [{ name: "toll_for", arguments: '{"axles":2}' }], usage });
mock.onMessage("be cut", { content: text, usage }, { truncateAfterChunks: 6 });
mock.onMessage("be malformed", { content: text, usage }, { chaos: { malformedRate: 1 } });
mock.onMessage("be dropped", { content: text, usage }, { chaos: { disconnectRate: 1 } });
mock.onMessage("fail", fails);
mock.onMessage("toll", { content: text, usage });
mock.onRerank("road", [{ index: 1, relevance_score: 0.9 }]);
await mock.start();

/** One vendor's SDK, whole and streamed: the text of an answer and the tool it calls. */
interface Asked {
  whole(prompt: string): Promise<Told>;
  streamed(prompt: string): Promise<Told>;
}

interface Told {
  readonly text: string;
  readonly call?: unknown;
}

describe("aimock behind the gateway, asked by the official SDKs", () => {
  after(() => mock.stop());
  const running = useTestStack({ config: everyVendorConfig(mock.url) });
  let stack: TestStack;
  let bedrock: BedrockRuntimeClient;
  before(() => {
    stack = running();
    bedrock = new BedrockRuntimeClient({
      region: "eu-central-1",
      endpoint: stack.stack.listenUrl,
      token: { token: "key-acme" },
      authSchemePreference: ["httpBearerAuth"],
      maxAttempts: 1,
    });
  });
  after(() => bedrock.destroy());

  const vendors: Readonly<Record<string, () => Asked>> = {
    "OpenAI chat": () => openaiChat(stack.baseUrl),
    "OpenAI responses": () => openaiResponses(stack.baseUrl),
    Claude: () => claude(stack.stack.listenUrl),
    Gemini: () => gemini(stack.stack.listenUrl),
    Bedrock: () => converse(bedrock),
  };

  for (const [vendor, sdk] of Object.entries(vendors)) {
    it(`${vendor}: answers and streams, and the record is the bill`, async () => {
      for (const way of ["whole", "streamed"] as const) {
        const record = await stack.recordOf(async () =>
          assert.equal((await sdk()[way]("How does a toll work?")).text, text),
        );
        assert.equal(record.input_tokens, bill.input);
        assert.equal(record.output_tokens, bill.output);
        assert.equal(record.cost_nano_usd, String(bill.input * 1_000 + bill.output * 2_000));
        assert.equal(record.usage_source, "provider");
        assert.equal(record.finish_reason, "stop");
        assert.equal(record.ending, "completed");
      }
    });

    it(`${vendor}: calls tools, whole and streamed`, async () => {
      for (const way of ["whole", "streamed"] as const) {
        const record = await stack.recordOf(async () =>
          assert.deepEqual((await sdk()[way]("call the tool")).call, { axles: 2 }),
        );
        assert.equal(record.finish_reason, "tool_calls");
      }
    });

    it(`${vendor}: a stream that is cut, an answer that is no JSON and a failure are told as such`, async () => {
      const cases = [
        ["streamed", "be cut"],
        ["whole", "be malformed"],
        ["whole", "be dropped"],
        ["whole", "fail"],
      ] as const;
      for (const [way, prompt] of cases) {
        const record = await stack.recordOf(() => assert.rejects(sdk()[way](prompt), Error, prompt));
        assert.match(String(record.ending), /^upstream_(?:error|reset)$/, prompt);
      }
    });
  }

  it("Bedrock: invokes Claude", async () => {
    const record = await stack.recordOf(async () => {
      const { body } = await bedrock.send(
        new InvokeModelCommand({
          modelId: "bedrock-claude",
          contentType: "application/json",
          body: JSON.stringify({
            anthropic_version: "bedrock-2023-05-31",
            max_tokens: 50,
            messages: [{ role: "user", content: "How does a toll work?" }],
          }),
        }),
      );
      assert.equal(JSON.parse(Buffer.from(body).toString()).content[0].text, text);
    });
    assert.equal(record.output_tokens, bill.output);
  });

  it("Cohere: reranks", async () => {
    const response = await fetch(`${stack.stack.listenUrl}/v2/rerank`, {
      method: "POST",
      headers: { authorization: "Bearer key-acme", "content-type": "application/json" },
      body: JSON.stringify({ model: "rerank", query: "road", documents: ["a", "b"] }),
    });
    const { results } = (await response.json()) as { results: unknown };
    assert.deepEqual(results, [{ index: 1, relevance_score: 0.9 }]);
  });

  it("OpenAI and Gemini: embed", async () => {
    const openai = new OpenAI({ baseURL: stack.baseUrl, apiKey: "key-acme", maxRetries: 0 });
    const { data } = await openai.embeddings.create({ model: "embedding", input: "road" });
    assert.ok((data[0]?.embedding.length ?? 0) > 0);
    // Google's SDK asks for a batch, which this upstream does not know.
    const path = "/v1beta/models/gemini-embedding:embedContent";
    const response = await fetch(`${stack.stack.listenUrl}${path}`, {
      method: "POST",
      headers: { "x-goog-api-key": "key-acme", "content-type": "application/json" },
      body: JSON.stringify({ content: { parts: [{ text: "road" }] } }),
    });
    const { embedding } = (await response.json()) as { embedding?: { values: number[] } };
    assert.ok((embedding?.values.length ?? 0) > 0);
  });

  it("embeds for every SDK in OpenAI's format and in Cohere's", async () => {
    const { clients, close } = embeddingClients(stack.baseUrl, "key-acme");
    try {
      // It knows Cohere's newest version alone, and no body of Bedrock's but Claude's.
      for (const client of clients.filter(({ name, prefix }) => name !== "Cohere v1" && prefix === ""))
        for (const model of ["embedding", "cohere-embedding"]) {
          const vectors = await client.embed(model, ["toll", "road"]);
          const [first = [], second = []] = vectors;
          assert.ok(first.length > 0 && first.length === second.length, `${client.name} by ${model}`);
        }
    } finally {
      close();
    }
  });

  it("leaves nothing open, and met no bug", async () => {
    await stack.idle();
    assert.equal(await stack.metric("tollgate_bugs_total"), 0);
  });
});

function openaiChat(baseURL: string): Asked {
  const client = new OpenAI({ baseURL, apiKey: "key-acme", maxRetries: 0 });
  const tools = [{ type: "function" as const, function: { name: "toll_for", parameters: toolSchema } }];
  const told = ({ choices }: OpenAI.ChatCompletion): Told => {
    const { content, tool_calls: calls } = choices[0]?.message ?? {};
    const [call] = calls ?? [];
    return {
      text: content ?? "",
      call: call?.type === "function" ? JSON.parse(call.function.arguments) : undefined,
    };
  };
  const ask = (content: string) => ({ model: "gpt", messages: [{ role: "user" as const, content }], tools });
  return {
    whole: async (prompt) => told(await client.chat.completions.create(ask(prompt))),
    streamed: async (prompt) => told(await client.chat.completions.stream(ask(prompt)).finalChatCompletion()),
  };
}

function openaiResponses(baseURL: string): Asked {
  const client = new OpenAI({ baseURL, apiKey: "key-acme", maxRetries: 0 });
  const tools = [{ type: "function" as const, name: "toll_for", parameters: toolSchema, strict: false }];
  const told = ({ output_text, output }: OpenAI.Responses.Response): Told => {
    const call = output.find((item) => item.type === "function_call");
    return { text: output_text, call: call === undefined ? undefined : JSON.parse(call.arguments) };
  };
  const ask = (input: string) => ({ model: "gpt", input, tools });
  return {
    whole: async (prompt) => told(await client.responses.create(ask(prompt))),
    streamed: async (prompt) => told(await client.responses.stream(ask(prompt)).finalResponse()),
  };
}

function claude(baseURL: string): Asked {
  const client = new Anthropic({ baseURL, apiKey: "key-acme", maxRetries: 0 });
  const told = ({ content }: Anthropic.Message): Told => ({
    text: content.map((block) => (block.type === "text" ? block.text : "")).join(""),
    call: content.find((block) => block.type === "tool_use")?.input,
  });
  const ask = (content: string) => ({
    model: "claude",
    max_tokens: 50,
    messages: [{ role: "user" as const, content }],
    tools: [{ name: "toll_for", input_schema: toolSchema }],
  });
  return {
    whole: async (prompt) => told(await client.messages.create(ask(prompt))),
    streamed: async (prompt) => told(await client.messages.stream(ask(prompt)).finalMessage()),
  };
}

function gemini(baseUrl: string): Asked {
  const httpOptions = { baseUrl, retryOptions: { attempts: 1 } };
  const client = new GoogleGenAI({ apiKey: "key-acme", httpOptions });
  const ask = (contents: string) => ({
    model: "gemini",
    contents,
    config: { tools: [{ functionDeclarations: [{ name: "toll_for", parametersJsonSchema: toolSchema }] }] },
  });
  return {
    whole: async (prompt) => {
      const answer = await client.models.generateContent(ask(prompt));
      return { text: answer.text ?? "", call: answer.functionCalls?.[0]?.args };
    },
    streamed: async (prompt) => {
      let joined = "";
      let call: unknown;
      for await (const chunk of await client.models.generateContentStream(ask(prompt))) {
        joined += chunk.text ?? "";
        call ??= chunk.functionCalls?.[0]?.args;
      }
      return { text: joined, call };
    },
  };
}

function converse(client: BedrockRuntimeClient): Asked {
  const ask = (prompt: string) => ({
    modelId: "bedrock-claude",
    messages: [{ role: "user" as const, content: [{ text: prompt }] }],
    toolConfig: {
      tools: [
        { toolSpec: { name: "toll_for", description: "Tolls.", inputSchema: { json: { ...toolSchema } } } },
      ],
    },
  });
  return {
    whole: async (prompt) => {
      const { output } = await client.send(new ConverseCommand(ask(prompt)));
      const content = output?.message?.content ?? [];
      return {
        text: content.map((block) => block.text ?? "").join(""),
        call: content.find((block) => block.toolUse !== undefined)?.toolUse?.input,
      };
    },
    streamed: async (prompt) => {
      const events: ConverseStreamOutput[] = [];
      for await (const event of (await client.send(new ConverseStreamCommand(ask(prompt)))).stream ?? [])
        events.push(event);
      const deltas = events.map((event) => event.contentBlockDelta?.delta);
      const json = deltas.map((delta) => delta?.toolUse?.input ?? "").join("");
      return {
        text: deltas.map((delta) => delta?.text ?? "").join(""),
        call: json === "" ? undefined : JSON.parse(json),
      };
    },
  };
}
