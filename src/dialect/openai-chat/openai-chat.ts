import type { Dialect } from "../dialect.ts";
import { jsonReply } from "../json-reply.ts";
import { openaiLimitHeaders } from "../limit-headers.ts";
import type { ModelRequest } from "../model-request.ts";
import { matchModels } from "../models-path.ts";
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

/** OpenAI Chat Completions, as its SDKs and compatible servers speak it (https://developers.openai.com/api/reference/resources/chat). */
export const openaiChat: Dialect = {
  name: "openai-chat",
  work: "text",
  requestHeaders: [],
  match(method, path) {
    if (method === "POST" && pathOf(path) === "/v1/chat/completions") return { name: "chat" };
    return matchModels("/v1/models", method, path);
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
  encodeModels: (names) => jsonReply({ object: "list", data: names.map(modelCalled) }),
  encodeModel: (name) => jsonReply(modelCalled(name)),
  limitHeaders: openaiLimitHeaders,
  responseHeaders: ["openai-processing-ms", "openai-version"],
  encodeError: encodeOpenaiError,
};

function modelCalled(id: string): object {
  return { id, object: "model", created: 0, owned_by: "tollgate" };
}
