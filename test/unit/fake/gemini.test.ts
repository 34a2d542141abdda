import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import {
  ApiError,
  FunctionCallingConfigMode,
  type GenerateContentParameters,
  GoogleGenAI,
} from "@google/genai";
import { type FakeProvider, startFakeProvider } from "../../../src/fake/fake-provider.ts";
import { answerWords } from "../../../src/fake/words.ts";

const prompt = "Say something about rivers.";
const ask: GenerateContentParameters = { model: "gemini-3-flash", contents: prompt };
const text = [...answerWords(prompt, 16)].join("");
const functionDeclarations = [
  {
    name: "get_weather",
    description: "Weather of a city.",
    parametersJsonSchema: { type: "object", properties: { city: { type: "string" } } },
  },
];

describe("Gemini, asked by Google's own SDK", () => {
  let fake: FakeProvider;
  let client: GoogleGenAI;
  before(async () => {
    fake = await startFakeProvider({ apiKey: "AIza-right" });
    client = clientOf("AIza-right");
  });
  afterEach(() => fake.reset());
  after(() => fake.close());

  function clientOf(apiKey: string): GoogleGenAI {
    return new GoogleGenAI({ apiKey, httpOptions: { baseUrl: fake.url } });
  }

  async function chunksOf(asked: GenerateContentParameters) {
    const chunks = [];
    for await (const chunk of await client.models.generateContentStream(asked)) chunks.push(chunk);
    return chunks;
  }

  it("answers whole and streamed alike; every chunk tells usage so far", async () => {
    const whole = await client.models.generateContent(ask);
    assert.equal(whole.text, text);
    assert.equal(whole.candidates![0]!.finishReason, "STOP");
    const chunks = await chunksOf(ask);
    assert.equal(chunks.map((chunk) => chunk.text ?? "").join(""), text);
    assert.deepEqual(chunks.at(-1)!.usageMetadata, whole.usageMetadata);
    assert.deepEqual(
      chunks.slice(0, 3).map((chunk) => chunk.usageMetadata!.candidatesTokenCount),
      [1, 2, 3],
    );
    assert.equal(whole.usageMetadata!.candidatesTokenCount, 16);
    assert.equal(fake.received()[1]!.outputTokensWritten, 16);
  });

  it("streams one list that grows to who does not ask for events", async () => {
    const response = await fetch(
      `${fake.url}/v1beta/models/gemini-3-flash:streamGenerateContent?key=AIza-right`,
      {
        method: "POST",
        body: JSON.stringify({ contents: [{ role: "user", parts: [{ text: prompt }] }] }),
      },
    );
    const list = (await response.json()) as { candidates: { content: { parts: { text: string }[] } }[] }[];
    assert.equal(list.map(({ candidates }) => candidates[0]!.content.parts[0]!.text).join(""), text);
  });

  it("leaves thoughts out of the candidates' tokens, and shows them to who asks", async () => {
    fake.setFaults({ reasoningTokens: 5, cachedTokens: 2 });
    const hidden = await client.models.generateContent(ask);
    assert.equal(hidden.usageMetadata!.candidatesTokenCount, 16);
    assert.equal(hidden.usageMetadata!.thoughtsTokenCount, 5);
    assert.equal(hidden.usageMetadata!.cachedContentTokenCount, 2);
    const config = { thinkingConfig: { includeThoughts: true } };
    const chunks = await chunksOf({ ...ask, config });
    const shown = chunks.filter((chunk) => chunk.candidates![0]!.content!.parts![0]!.thought === true);
    assert.equal(shown.length, 5);
    assert.deepEqual(chunks.at(-1)!.usageMetadata, hidden.usageMetadata);
    assert.deepEqual(
      fake.received().map(({ billed }) => billed!.outputTokens),
      [21, 21],
    );
  });

  it("calls tools, and says STOP all the same", async () => {
    const toolConfig = { functionCallingConfig: { mode: FunctionCallingConfigMode.ANY } };
    const asked = { ...ask, config: { tools: [{ functionDeclarations }], toolConfig } };
    const whole = await client.models.generateContent(asked);
    const [call] = whole.functionCalls!;
    assert.deepEqual([call!.name, Object.keys(call!.args!)], ["get_weather", ["city"]]);
    assert.equal(whole.candidates![0]!.finishReason, "STOP");
    const chunks = await chunksOf(asked);
    assert.deepEqual(chunks[0]!.functionCalls, whole.functionCalls);
  });

  it("stops at the cap", async () => {
    const whole = await client.models.generateContent({ ...ask, config: { maxOutputTokens: 3 } });
    assert.equal(whole.candidates![0]!.finishReason, "MAX_TOKENS");
    assert.equal(whole.usageMetadata!.candidatesTokenCount, 3);
  });

  it("counts what it then bills, and embeds", async () => {
    const counted = await client.models.countTokens({ model: ask.model, contents: prompt });
    const answered = await client.models.generateContent(ask);
    assert.equal(counted.totalTokens, answered.usageMetadata!.promptTokenCount);
    const contents = ["a", "a", "b"];
    const { embeddings } = await client.models.embedContent({ model: "gemini-embedding-001", contents });
    assert.deepEqual(embeddings![0]!.values, embeddings![1]!.values);
    assert.notDeepEqual(embeddings![0]!.values, embeddings![2]!.values);
  });

  it("refuses as Google does: a wrong key is 400, a blocked prompt is 200", async () => {
    const isError = (status: number, message: RegExp) => (error: unknown) => {
      assert.ok(error instanceof ApiError);
      assert.equal(error.status, status);
      assert.match(error.message, message);
      return true;
    };
    const thief = clientOf("AIza-wrong");
    await assert.rejects(thief.models.generateContent(ask), isError(400, /API_KEY_INVALID/));
    const limited = { ...ask, model: "fake-rate-limited" };
    await assert.rejects(client.models.generateContent(limited), isError(429, /"retryDelay":"1s"/));
    const blocked = await client.models.generateContent({ ...ask, model: "fake-content-filter" });
    assert.equal(blocked.promptFeedback!.blockReason, "PROHIBITED_CONTENT");
    assert.equal(blocked.candidates, undefined);
  });
});

describe("cohere-rerank", () => {
  let fake: FakeProvider;
  before(async () => {
    fake = await startFakeProvider();
  });
  after(() => fake.close());

  for (const version of [1, 2]) {
    it(`ranks by the query's words at /v${version}/rerank, and bills a unit per hundred documents`, async () => {
      const documents = [...Array(149).fill("a stone"), "the river of gold"];
      const response = await fetch(`${fake.url}/v${version}/rerank`, {
        method: "POST",
        body: JSON.stringify({ model: "rerank-v4", query: "Gold River", documents, top_n: 2 }),
      });
      const body = (await response.json()) as {
        results: { index: number }[];
        meta: { billed_units: { search_units: number } };
      };
      assert.deepEqual(
        body.results.map(({ index }) => index),
        [149, 0],
      );
      assert.equal(body.meta.billed_units.search_units, 2);
      assert.equal(fake.received().at(-1)!.billed!.searchUnits, 2);
    });
  }

  it("refuses with a message alone", async () => {
    const response = await fetch(`${fake.url}/v2/rerank`, {
      method: "POST",
      body: JSON.stringify({ model: "m" }),
    });
    assert.equal(response.status, 400);
    assert.match(((await response.json()) as { message: string }).message, /query/);
  });
});
