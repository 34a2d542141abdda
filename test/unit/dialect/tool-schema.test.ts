import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Dialect } from "../../../src/dialect/dialect.ts";
import { dialects } from "../../../src/dialect/index.ts";
import { counterOf } from "../../../src/tokens/models/families.ts";
import { inputCountOf } from "../../../src/tokens/request/input-count.ts";
import { requestWeight } from "../../../src/tokens/request/request-weight.ts";

const parameters = {
  type: "object",
  properties: {
    location: { type: "string", description: "The city and state, e.g. San Francisco, CA" },
    unit: {
      type: "string",
      description: "The unit of temperature to return",
      enum: ["celsius", "fahrenheit"],
    },
  },
  required: ["location"],
};
const name = "get_current_weather";
const description = "Get the current weather in a given location";
const system = "You are a helpful assistant that can answer to questions about the weather.";
const question = "What's the weather like in San Francisco?";

function inspect(dialect: string, path: string, request: object) {
  const { match, inspect } = dialects.find((one) => one.name === dialect) as Dialect;
  const body = Buffer.from(JSON.stringify(request));
  const facts = inspect(body, match("POST", path)!);
  return { ...facts, body, texts: facts.text.map(({ start, end }) => body.toString("utf8", start, end)) };
}

function inspectChat(tools: readonly object[], messages: readonly object[]) {
  return inspect("openai-chat", "/v1/chat/completions", { model: "gpt-4o", messages, tools });
}

describe("a tool's schema", () => {
  it("weighs in a chat within a token or two of what the API is published to have counted: 101 (gpt-4o, cookbook)", () => {
    const tool = { type: "function", function: { name, description, parameters } };
    const facts = inspectChat(
      [tool],
      [
        { role: "system", content: system },
        { role: "user", content: question },
      ],
    );
    const counter = counterOf("openai", "gpt-4o");
    const weight = requestWeight("openai", "gpt-4o", facts.parts);
    const { tokens, tokensMax } = inputCountOf(counter, counter.countSpans(facts.body, facts.text), weight);
    assert.ok(Math.abs(tokens - 101) <= 5, `${tokens}`);
    assert.ok(tokensMax >= 101, `${tokensMax}`);
  });

  const messages = [{ role: "user", content: "x" }];
  const asBedrock = {
    messages: [{ role: "user", content: [{ text: "x" }] }],
    toolConfig: { tools: [{ toolSpec: { name, description, inputSchema: { json: parameters } } }] },
  };
  const asGemini = {
    contents: [{ role: "user", parts: [{ text: "x" }] }],
    tools: [{ functionDeclarations: [{ name, description, parameters }] }],
  };
  const inputs: readonly [dialect: string, path: string, request: object][] = [
    [
      "openai-chat",
      "/v1/chat/completions",
      { model: "m", messages, tools: [{ type: "function", function: { name, description, parameters } }] },
    ],
    [
      "openai-responses",
      "/v1/responses",
      { model: "m", input: "x", tools: [{ type: "function", name, description, parameters, strict: true }] },
    ],
    [
      "anthropic-messages",
      "/v1/messages",
      { model: "m", max_tokens: 9, messages, tools: [{ name, description, input_schema: parameters }] },
    ],
    ["bedrock-converse", "/model/m/converse", asBedrock],
    ["gemini-generate", "/v1beta/models/m:generateContent", asGemini],
  ];
  for (const [dialect, path, request] of inputs) {
    it(`counts the same in ${dialect} as in every dialect`, () => {
      const { texts, parts } = inspect(dialect, path, request);
      assert.deepEqual(
        texts.filter((text) => text !== "x"),
        [
          name,
          description,
          "location",
          "string",
          "The city and state, e.g. San Francisco, CA",
          "unit",
          "string",
          "The unit of temperature to return",
          "celsius",
          "fahrenheit",
        ],
      );
      assert.deepEqual(
        [parts.tools, parts.toolObjects, parts.toolProperties, parts.toolEnumValues],
        [1, 1, 2, 1],
      );
    });
  }

  it("is read at any depth, and what nobody knows counts as it is written", () => {
    const odd = {
      type: "object",
      properties: {
        list: { type: "array", items: { anyOf: [{ type: "null" }, { properties: { deep: { const: 1 } } }] } },
      },
      additionalProperties: false,
      $defs: { A: { minimum: 3 } },
    };
    const { texts, parts } = inspectChat([{ type: "function", function: { parameters: odd } }], []);
    assert.deepEqual(texts, ["list", "array", "null", "deep", "const", "1", "$defs", '{"A":{"minimum":3}}']);
    assert.deepEqual([parts.toolObjects, parts.toolProperties], [2, 2]);
  });

  for (const parameters of [null, "text", { properties: [] }, { anyOf: {} }, { enum: "x" }, { items: [1] }]) {
    it(`is taken as text where it is none: ${JSON.stringify(parameters)}`, () => {
      assert.equal(inspectChat([{ type: "function", function: { parameters } }], []).parts.toolProperties, 0);
    });
  }
});
