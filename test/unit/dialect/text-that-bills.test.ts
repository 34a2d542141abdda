import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { DialectName } from "../../../src/dialect/dialect.ts";
import { requestWeight } from "../../../src/tokens/request/request-weight.ts";
import { inspectAt } from "../../support/dialect/request-places.ts";

const claude = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0";
const image = { type: "image_url", image_url: { url: "https://x.example/a.png" } };

/** A place for text in a request, besides what is said in it. */
type Place = readonly [what: string, dialect: DialectName, path: string, body: (text: string) => object];

const chat = (what: string, body: (text: string) => object): Place => [
  `chat ${what}`,
  "openai-chat",
  "/v1/chat/completions",
  (text) => ({ model: "m", messages: [], ...body(text) }),
];
const call = (fields: object) => ({ role: "assistant", tool_calls: [{ type: "function", ...fields }] });
const messages = (what: string, block: (text: string) => object): Place => [
  `messages ${what}`,
  "anthropic-messages",
  "/v1/messages",
  (text) => ({ model: "m", max_tokens: 9, messages: [{ role: "user", content: [block(text)] }] }),
];
const converse = (what: string, body: (text: string) => object): Place => [
  `converse ${what}`,
  "bedrock-converse",
  `${claude}/converse`,
  (text) => ({ messages: [], ...body(text) }),
];
const gemini = (what: string, part: (text: string) => object): Place => [
  `generateContent ${what}`,
  "gemini-generate",
  "/v1beta/models/gemini-2.5-flash:generateContent",
  (text) => ({ contents: [{ role: "user", parts: [part(text)] }] }),
];

const places: readonly Place[] = [
  chat("messages[].name", (name) => ({ messages: [{ role: "user", name, content: "x" }] })),
  chat("messages[].reasoning_content", (text) => ({
    messages: [{ role: "assistant", reasoning_content: text }],
  })),
  chat("tool_calls[].id", (id) => ({ messages: [call({ id, function: { name: "f", arguments: "{}" } })] })),
  chat("tool_calls[].function.name", (name) => ({ messages: [call({ id: "c", function: { name } })] })),
  chat("tool_call_id", (id) => ({ messages: [{ role: "tool", tool_call_id: id, content: "x" }] })),
  chat("image_url.note", (note) => ({
    messages: [{ role: "user", content: [{ ...image, image_url: { ...image.image_url, note } }] }],
  })),
  chat("response_format", (description) => ({
    response_format: { type: "json_schema", json_schema: { name: "s", schema: { description } } },
  })),
  chat("tools[].function.name", (name) => ({ tools: [{ type: "function", function: { name } }] })),
  chat("tool_choice", (name) => ({ tool_choice: { type: "function", function: { name } } })),
  chat("chat_template_kwargs", (text) => ({ chat_template_kwargs: { text } })),
  chat("a member that nobody knows", (text) => ({ tomorrow: text })),
  [
    "responses call_id",
    "openai-responses",
    "/v1/responses",
    (id) => ({ model: "m", input: [{ type: "function_call_output", call_id: id, output: "x" }] }),
  ],
  [
    "responses instructions",
    "openai-responses",
    "/v1/responses",
    (text) => ({ model: "m", input: "x", instructions: text }),
  ],
  messages("tool_use.id", (id) => ({ type: "tool_use", id, name: "f", input: {} })),
  messages("tool_use.name", (name) => ({ type: "tool_use", id: "t", name, input: {} })),
  messages("tool_result.tool_use_id", (id) => ({ type: "tool_result", tool_use_id: id, content: "x" })),
  messages("document.title", (title) => ({
    type: "document",
    title,
    source: { type: "text", media_type: "text/plain", data: "x" },
  })),
  converse("toolUse.toolUseId", (id) => ({
    messages: [{ role: "assistant", content: [{ toolUse: { toolUseId: id, name: "f", input: {} } }] }],
  })),
  converse("toolUse.name", (name) => ({
    messages: [{ role: "assistant", content: [{ toolUse: { toolUseId: "t", name, input: {} } }] }],
  })),
  converse("toolResult.toolUseId", (id) => ({
    messages: [{ role: "user", content: [{ toolResult: { toolUseId: id, content: [{ text: "x" }] } }] }],
  })),
  converse("additionalModelRequestFields", (text) => ({ additionalModelRequestFields: { system: text } })),
  converse("additionalModelRequestFields.tools", (description) => ({
    additionalModelRequestFields: { tools: [{ name: "f", description, input_schema: { type: "object" } }] },
  })),
  gemini("functionCall.name", (name) => ({ functionCall: { name, args: {} } })),
  gemini("functionResponse.id", (id) => ({ functionResponse: { id, name: "f", response: {} } })),
  gemini("functionResponse.name", (name) => ({ functionResponse: { name, response: {} } })),
];

/** Bytes counted as text, and the most tokens of all the rest. */
function heldOf([, dialect, path, body]: Place, text: string, provider = "openai", model = "gpt-5"): number {
  const facts = inspectAt({ dialect, path }, body(text));
  const bytes = facts.text.reduce((sum, { start, end }) => sum + end - start, 0);
  return bytes + requestWeight(provider, model, facts.parts).tokensMax;
}

describe("Text of a request beside what is said in it", () => {
  for (const place of places)
    it(`adds to the hold what it may weigh: ${place[0]}`, () => {
      for (const length of [100, 5_000]) {
        const more = heldOf(place, "x".repeat(length + 64)) - heldOf(place, "x".repeat(64));
        assert.ok(more >= length, `${more} for ${length}`);
      }
    });
});

const metadata: readonly Place[] = [
  [
    "chat",
    "openai-chat",
    "/v1/chat/completions",
    (text) => ({ model: "m", messages: [], metadata: { a: [text] } }),
  ],
  [
    "responses",
    "openai-responses",
    "/v1/responses",
    (text) => ({ model: "m", input: "x", metadata: { a: [text] } }),
  ],
  [
    "completions",
    "openai-completions",
    "/v1/completions",
    (text) => ({ model: "m", prompt: "x", metadata: { a: [text] } }),
  ],
  [
    "embeddings",
    "openai-embeddings",
    "/v1/embeddings",
    (text) => ({ model: "m", input: "x", metadata: { a: [text] } }),
  ],
];

describe("metadata", () => {
  for (const place of metadata) {
    it(`of ${place[0]} is held for servers whose templates may show it`, () => {
      const more =
        heldOf(place, "x".repeat(5_064), "openai-compatible", "m") -
        heldOf(place, "x".repeat(64), "openai-compatible", "m");
      assert.ok(more >= 5_000, `${more}`);
    });

    it(`of ${place[0]} is not held for OpenAI, which bills none of it`, () => {
      assert.equal(heldOf(place, "x".repeat(5_064)), heldOf(place, "x".repeat(64)));
    });
  }
});
