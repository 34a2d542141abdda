import assert from "node:assert/strict";
import { GatewayError } from "../../../src/core/errors.ts";
import type { DialectName, RequestFacts } from "../../../src/dialect/dialect.ts";
import { dialects } from "../../../src/dialect/index.ts";

/** Where a thing stands in a request of a dialect. */
export interface RequestPlace {
  readonly dialect: DialectName;
  readonly path: string;
  readonly put: (thing: unknown) => object;
}

const user = (content: unknown) => [{ role: "user", content }];
const claude = "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0";
const gemini = "/v1beta/models/gemini-2.5-flash:generateContent";

/** The places of content and tools in every format that has types for them. */
export const requestPlaces = {
  chatPart: {
    dialect: "openai-chat",
    path: "/v1/chat/completions",
    put: (part) => ({ model: "m", messages: user([{ type: "text", text: "x" }, part]) }),
  },
  chatTool: {
    dialect: "openai-chat",
    path: "/v1/chat/completions",
    put: (tool) => ({ model: "m", messages: user("x"), tools: [tool] }),
  },
  chatMessage: {
    dialect: "openai-chat",
    path: "/v1/chat/completions",
    put: (message) => ({ model: "m", messages: [message] }),
  },
  responsesItem: {
    dialect: "openai-responses",
    path: "/v1/responses",
    put: (item) => ({ model: "m", input: [{ role: "user", content: "x" }, item] }),
  },
  responsesPart: {
    dialect: "openai-responses",
    path: "/v1/responses",
    put: (part) => ({ model: "m", input: user([part]) }),
  },
  responsesTool: {
    dialect: "openai-responses",
    path: "/v1/responses",
    put: (tool) => ({ model: "m", input: "x", tools: [tool] }),
  },
  messagesBlock: {
    dialect: "anthropic-messages",
    path: "/v1/messages",
    put: (block) => ({ model: "m", max_tokens: 9, messages: user([block]) }),
  },
  messagesTool: {
    dialect: "anthropic-messages",
    path: "/v1/messages",
    put: (tool) => ({ model: "m", max_tokens: 9, messages: user("x"), tools: [tool] }),
  },
  invokeTool: {
    dialect: "bedrock-invoke",
    path: `${claude}/invoke`,
    put: (tool) => ({ max_tokens: 9, messages: user("x"), tools: [tool] }),
  },
  converseBlock: {
    dialect: "bedrock-converse",
    path: `${claude}/converse`,
    put: (block) => ({ messages: user([block]) }),
  },
  converseTool: {
    dialect: "bedrock-converse",
    path: `${claude}/converse`,
    put: (tool) => ({ messages: user([{ text: "x" }]), toolConfig: { tools: [tool] } }),
  },
  converseNativeTool: {
    dialect: "bedrock-converse",
    path: `${claude}/converse`,
    put: (tool) => ({ messages: user([{ text: "x" }]), additionalModelRequestFields: { tools: [tool] } }),
  },
  geminiPart: {
    dialect: "gemini-generate",
    path: gemini,
    put: (part) => ({ contents: [{ role: "user", parts: [{ text: "x" }, part] }] }),
  },
  geminiTool: {
    dialect: "gemini-generate",
    path: gemini,
    put: (tool) => ({ contents: [{ role: "user", parts: [{ text: "x" }] }], tools: [tool] }),
  },
  cohereEmbedPart: {
    dialect: "cohere-embed",
    path: "/v2/embed",
    put: (part) => ({ model: "m", input_type: "image", inputs: [{ content: [part] }] }),
  },
  bedrockCoherePart: {
    dialect: "bedrock-cohere",
    path: "/model/cohere.embed-v4%3A0/invoke",
    put: (part) => ({ input_type: "image", inputs: [{ content: [part] }] }),
  },
  geminiEmbedPart: {
    dialect: "gemini-embed",
    path: "/v1beta/models/gemini-embedding-001:embedContent",
    put: (part) => ({ content: { parts: [part] } }),
  },
} satisfies Record<string, RequestPlace>;

/** What the place's dialect reads of a body; throws its refusal. */
export function inspectAt(
  { dialect: name, path }: Pick<RequestPlace, "dialect" | "path">,
  body: object,
): RequestFacts {
  const dialect = dialects.find((one) => one.name === name);
  const operation = dialect?.match("POST", path);
  assert.ok(dialect !== undefined && operation !== undefined);
  return dialect.inspect(Buffer.from(JSON.stringify(body)), operation);
}

/** Whether an error is a 400 that names the field. */
export function isRefusal(error: unknown): boolean {
  return error instanceof GatewayError && error.status === 400 && error.param !== undefined;
}
