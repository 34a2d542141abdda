import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { GatewayError } from "../../../src/core/errors.ts";
import type { DialectName, RequestFacts } from "../../../src/dialect/dialect.ts";
import { dialects } from "../../../src/dialect/index.ts";
import { requestBounds } from "../../../src/dialect/request-bounds.ts";

type Kind = keyof typeof requestBounds;
interface Sample {
  readonly dialect: DialectName;
  readonly path: string;
  readonly kind: Kind;
  /** A request with these things, `count` of them. */
  readonly body: (count: number) => object;
}

const times = <Thing>(count: number, thing: Thing): Thing[] => new Array<Thing>(count).fill(thing);
const user = (content: unknown) => ({ role: "user", content });
const claude = "/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0";
const gemini = "/v1beta/models/gemini-2.5-flash:generateContent";
const image = { type: "image_url", image_url: { url: "https://x.example/a.png" } };
const claudeImage = { type: "image", source: { type: "url", url: "https://x.example/a.png" } };
const nova = { image: { format: "png", source: { bytes: "AAAA" } } };
const inline = { inlineData: { mimeType: "image/png", data: "AAAA" } };
const schema = { type: "object" };

const samples: readonly Sample[] = [
  {
    dialect: "openai-chat",
    path: "/v1/chat/completions",
    kind: "messages",
    body: (n) => ({ model: "m", messages: times(n, user("x")) }),
  },
  {
    dialect: "openai-chat",
    path: "/v1/chat/completions",
    kind: "media",
    body: (n) => ({ model: "m", messages: [user(times(n, image))] }),
  },
  {
    dialect: "openai-chat",
    path: "/v1/chat/completions",
    kind: "tools",
    body: (n) => ({
      model: "m",
      messages: [user("x")],
      tools: times(n, { type: "function", function: { name: "f" } }),
    }),
  },
  {
    dialect: "openai-responses",
    path: "/v1/responses",
    kind: "messages",
    body: (n) => ({ model: "m", input: times(n, user("x")) }),
  },
  {
    dialect: "openai-responses",
    path: "/v1/responses",
    kind: "media",
    body: (n) => ({
      model: "m",
      input: [user(times(n, { type: "input_image", image_url: "https://x.example/a.png" }))],
    }),
  },
  {
    dialect: "openai-responses",
    path: "/v1/responses",
    kind: "tools",
    body: (n) => ({ model: "m", input: "x", tools: times(n, { type: "function", name: "f" }) }),
  },
  {
    dialect: "anthropic-messages",
    path: "/v1/messages",
    kind: "messages",
    body: (n) => ({ model: "m", max_tokens: 9, messages: times(n, user("x")) }),
  },
  {
    dialect: "anthropic-messages",
    path: "/v1/messages",
    kind: "media",
    body: (n) => ({ model: "m", max_tokens: 9, messages: [user(times(n, claudeImage))] }),
  },
  {
    dialect: "anthropic-messages",
    path: "/v1/messages",
    kind: "tools",
    body: (n) => ({
      model: "m",
      max_tokens: 9,
      messages: [user("x")],
      tools: times(n, { name: "f", input_schema: schema }),
    }),
  },
  {
    dialect: "bedrock-invoke",
    path: `${claude}/invoke`,
    kind: "messages",
    body: (n) => ({ anthropic_version: "bedrock-2023-05-31", max_tokens: 9, messages: times(n, user("x")) }),
  },
  {
    dialect: "bedrock-converse",
    path: `${claude}/converse`,
    kind: "messages",
    body: (n) => ({ messages: times(n, user([{ text: "x" }])) }),
  },
  {
    dialect: "bedrock-converse",
    path: `${claude}/converse`,
    kind: "media",
    body: (n) => ({ messages: [user(times(n, nova))] }),
  },
  {
    dialect: "bedrock-converse",
    path: `${claude}/converse`,
    kind: "tools",
    body: (n) => ({
      messages: [user([{ text: "x" }])],
      toolConfig: { tools: times(n, { toolSpec: { name: "f", inputSchema: { json: schema } } }) },
    }),
  },
  {
    dialect: "gemini-generate",
    path: gemini,
    kind: "messages",
    body: (n) => ({ contents: times(n, { role: "user", parts: [{ text: "x" }] }) }),
  },
  {
    dialect: "gemini-generate",
    path: gemini,
    kind: "media",
    body: (n) => ({ contents: [{ role: "user", parts: times(n, inline) }] }),
  },
  {
    dialect: "gemini-generate",
    path: gemini,
    kind: "tools",
    body: (n) => ({
      contents: [{ role: "user", parts: [{ text: "x" }] }],
      tools: [{ functionDeclarations: times(n, { name: "f" }) }],
    }),
  },
  {
    dialect: "cohere-rerank",
    path: "/v2/rerank",
    kind: "messages",
    body: (n) => ({ model: "m", query: "q", documents: times(n, "x") }),
  },
  {
    dialect: "cohere-embed",
    path: "/v2/embed",
    kind: "media",
    body: (n) => ({ model: "m", input_type: "image", images: times(n, "data:image/png;base64,AAAA") }),
  },
];

function inspect({ dialect: name, path }: Pick<Sample, "dialect" | "path">, body: object): RequestFacts {
  const dialect = dialects.find((one) => one.name === name);
  const operation = dialect?.match("POST", path);
  assert.ok(dialect !== undefined && operation !== undefined, `${name} ${path}`);
  return dialect.inspect(Buffer.from(JSON.stringify(body)), operation);
}

describe("the number of things in a request", () => {
  for (const sample of samples) {
    const max = requestBounds[sample.kind];
    it(`is at most ${max} for ${sample.kind} in ${sample.dialect}`, () => {
      assert.doesNotThrow(() => inspect(sample, sample.body(max)));
      assert.throws(
        () => inspect(sample, sample.body(max + 1)),
        (error) =>
          error instanceof GatewayError &&
          error.status === 400 &&
          error.message.includes(`more than ${max.toLocaleString("en")} `),
      );
    });
  }
});

describe("a member that the vendor does not document", () => {
  for (const [dialect, path, body] of [
    ["bedrock-titan", "/model/amazon.titan-embed-text-v2%3A0/invoke", { inputText: "x" }],
    ["cohere-embed", "/v2/embed", { model: "m", texts: ["x"], input_type: "search_query" }],
    ["bedrock-cohere", "/model/cohere.embed-v4%3A0/invoke", { texts: ["x"], input_type: "search_query" }],
    ["cohere-rerank", "/v2/rerank", { model: "m", query: "q", documents: ["x"] }],
  ] as const)
    it(`is refused by its name in ${dialect}, whatever it holds, unless it is null`, () => {
      assert.doesNotThrow(() => inspect({ dialect, path }, { ...body, tomorrow: null }));
      for (const value of [1, true, false, "x", [], {}, { s3: "s3://b/a" }])
        assert.throws(
          () => inspect({ dialect, path }, { ...body, tomorrow: value }),
          (error) => error instanceof GatewayError && error.status === 400 && error.param === "tomorrow",
          JSON.stringify(value),
        );
    });
});
