import type { Dialect } from "../dialect.ts";
import { jsonReply } from "../json-reply.ts";
import { anthropicLimitHeaders } from "../limit-headers.ts";
import type { ModelRequest } from "../model-request.ts";
import { matchModels } from "../models-path.ts";
import { checkReach } from "../reach.ts";
import { pathOf } from "../request-path.ts";
import { decodeMessagesAnswer } from "./decode-events.ts";
import { decodeMessagesRequest } from "./decode-request.ts";
import { encodeMessagesAnswer } from "./encode-events.ts";
import { encodeMessagesRequest, messagesReach } from "./encode-request.ts";
import { encodeAnthropicError } from "./error.ts";
import { inspectMessages } from "./inspect.ts";
import { messagesFormat } from "./output-format.ts";
import { spliceMessages } from "./request.ts";
import { passMessages } from "./response.ts";

/** What Anthropic's own list says of a model whose date it does not know. */
const unknownDate = "1970-01-01T00:00:00Z";

/** Anthropic's Messages API with its count of tokens (https://platform.claude.com/docs/en/api/messages). */
export const anthropicMessages: Dialect = {
  name: "anthropic-messages",
  work: "text",
  requestHeaders: ["anthropic-version", "anthropic-beta"],
  match(method, path) {
    if (method !== "POST") return matchModels("/v1/models", method, path);
    switch (pathOf(path)) {
      case "/v1/messages":
        return { name: "messages" };
      case "/v1/messages/count_tokens":
        return { name: "count_tokens", local: "token_count" };
      default:
        return undefined;
    }
  },
  inspect: inspectMessages,
  splice: spliceMessages,
  outputFormat: messagesFormat,
  passResponse: passMessages,
  client: {
    hub: "chat",
    operations: ["messages"],
    decodeRequest: decodeMessagesRequest,
    answerHeaders: ({ id, facts }) => [
      ["content-type", facts.stream ? "text/event-stream; charset=utf-8" : "application/json"],
      ["request-id", id],
    ],
    encodeAnswer: encodeMessagesAnswer,
  },
  upstream: {
    hub: "chat",
    supports: messagesReach.supports,
    check: (request: ModelRequest) => checkReach(request, messagesReach),
    operation: (model, stream) => ({ name: "messages", model, stream }),
    encodeRequest: encodeMessagesRequest,
    decodeAnswer: decodeMessagesAnswer,
  },
  encodeModels: (names) =>
    jsonReply({
      data: names.map(modelCalled),
      has_more: false,
      first_id: names[0] ?? null,
      last_id: names.at(-1) ?? null,
    }),
  encodeModel: (name) => jsonReply(modelCalled(name)),
  encodeTokenCount: (tokens) => jsonReply({ input_tokens: tokens }),
  limitHeaders: anthropicLimitHeaders,
  responseHeaders: ["request-id"],
  encodeError: encodeAnthropicError,
};

function modelCalled(id: string): object {
  return { type: "model", id, display_name: id, created_at: unknownDate };
}
