import type { Dialect, Operation } from "../dialect/dialect.ts";
import { openaiChat } from "../dialect/openai-chat/openai-chat.ts";
import { openaiCompletions } from "../dialect/openai-completions/openai-completions.ts";
import { openaiEmbeddings } from "../dialect/openai-embeddings/openai-embeddings.ts";
import { openaiResponses } from "../dialect/openai-responses/openai-responses.ts";
import { type ServerKind, serverMembers } from "../dialect/server-members.ts";
import { classifyOpenai } from "./classify-openai.ts";
import type { Provider } from "./provider.ts";

/** The differences between servers of OpenAI's API. */
export interface OpenaiSettings {
  readonly type: string;
  readonly endpoint: URL;
  readonly apiKey: string | undefined;
  /** The field that caps a chat answer. */
  readonly chatCapField: "max_tokens" | "max_completion_tokens";
  /** The APIs that the server has. Undefined for all. */
  readonly apis?: readonly OpenaiApi[] | undefined;
  /** The kind of server. Undefined if unknown, or for OpenAI itself. */
  readonly server?: ServerKind | undefined;
  /** Sent with every request. */
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** OpenAI's APIs, as the operations they answer are called. */
export const openaiApis = ["chat", "responses", "completions", "embeddings"] as const;
/** One of {@link openaiApis}. */
export type OpenaiApi = (typeof openaiApis)[number];

/** Where each of them lives under the endpoint, and in which dialect. */
const operations: Readonly<Record<OpenaiApi, { readonly path: string; readonly dialect: Dialect }>> = {
  chat: { path: "/chat/completions", dialect: openaiChat },
  responses: { path: "/responses", dialect: openaiResponses },
  completions: { path: "/completions", dialect: openaiCompletions },
  embeddings: { path: "/embeddings", dialect: openaiEmbeddings },
};

/** A provider that speaks OpenAI's API with a bearer key (https://developers.openai.com/api/reference/resources/chat). */
export function openaiProvider(settings: OpenaiSettings): Provider {
  const { type, endpoint, apiKey, chatCapField, apis = openaiApis, server, headers } = settings;
  const authorization = apiKey === undefined ? undefined : `Bearer ${apiKey}`;
  return {
    type,
    endpoint,
    dialect: ({ name }) => {
      const api = apis.find((one) => one === name);
      return api === undefined ? undefined : operations[api].dialect;
    },
    heeds: serverMembers(server),
    prepare: ({ name }) => ({ path: pathOf(name), headers }),
    authorize(outgoing) {
      if (authorization !== undefined) outgoing.headers.push(["authorization", authorization]);
    },
    outputCapField: (operation) => capFieldOf(operation, chatCapField),
    classify: classifyOpenai,
  };
}

function pathOf(name: string): string {
  const api = openaiApis.find((one) => one === name);
  return api === undefined ? "" : operations[api].path;
}

function capFieldOf(operation: Operation, chatCapField: string): string {
  switch (operation.name) {
    case "chat":
      return chatCapField;
    case "responses":
      return "max_output_tokens";
    default:
      return "max_tokens";
  }
}
