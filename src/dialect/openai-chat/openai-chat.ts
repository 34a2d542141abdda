import type { Dialect } from "../dialect.ts";
import { jsonReply } from "../json-reply.ts";
import { openaiLimitHeaders } from "../limit-headers.ts";
import type { ModelRequest } from "../model-request.ts";
import { openaiAnswerHeaders } from "../openai-answer-headers.ts";
import { encodeOpenaiError } from "../openai-error.ts";
import { checkReach } from "../reach.ts";
import { pathOf } from "../request-path.ts";
import { decodeChatAnswer } from "./decode-events.ts";
import { decodeChatRequest } from "./decode-request.ts";
import { encodeChatAnswer } from "./encode-events.ts";
import { chatReach, encodeChatRequest } from "./encode-request.ts";
import { inspectChat } from "./inspect.ts";
import { chatFormat } from "./output-format.ts";
import { spliceChat } from "./request.ts";
import { passChat } from "./response.ts";

/** OpenAI Chat Completions, as its SDKs and compatible servers speak it (reference/providers.md §1.1). */
export const openaiChat: Dialect = {
  name: "openai-chat",
  requestHeaders: [],
  match(method, path) {
    const at = pathOf(path);
    if (method === "GET" && at === "/v1/models") return { name: "models", local: "models" };
    return method === "POST" && at === "/v1/chat/completions" ? { name: "chat" } : undefined;
  },
  inspect: inspectChat,
  splice: spliceChat,
  outputFormat: chatFormat,
  passResponse: passChat,
  client: {
    hub: "chat",
    operations: ["chat"],
    decodeRequest: decodeChatRequest,
    answerHeaders: openaiAnswerHeaders,
    encodeAnswer: encodeChatAnswer,
  },
  upstream: {
    hub: "chat",
    supports: chatReach.supports,
    check: (request: ModelRequest) => checkReach(request, chatReach),
    operation: (model, stream) => ({ name: "chat", model, stream }),
    encodeRequest: encodeChatRequest,
    decodeAnswer: decodeChatAnswer,
  },
  encodeModels: (names) =>
    jsonReply({
      object: "list",
      data: names.map((id) => ({ id, object: "model", created: 0, owned_by: "tollgate" })),
    }),
  limitHeaders: openaiLimitHeaders,
  encodeError: encodeOpenaiError,
};
