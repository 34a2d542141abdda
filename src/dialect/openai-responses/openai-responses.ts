import type { Dialect } from "../dialect.ts";
import { jsonReply } from "../json-reply.ts";
import { openaiLimitHeaders } from "../limit-headers.ts";
import { openaiAnswerHeaders } from "../openai-answer-headers.ts";
import { encodeOpenaiError } from "../openai-error.ts";
import { pathOf } from "../request-path.ts";
import { decodeResponsesRequest } from "./decode-request.ts";
import { encodeResponsesAnswer } from "./encode-events.ts";
import { inspectResponses } from "./inspect.ts";
import { responsesFormat } from "./output-format.ts";
import { spliceResponses } from "./request.ts";
import { passResponses } from "./response.ts";

/** OpenAI's Responses API (https://developers.openai.com/api/reference/resources/responses). */
export const openaiResponses: Dialect = {
  name: "openai-responses",
  work: "text",
  requestHeaders: [],
  match(method, path) {
    if (method !== "POST") return undefined;
    switch (pathOf(path)) {
      case "/v1/responses":
        return { name: "responses" };
      case "/v1/responses/input_tokens":
        return { name: "input_tokens", local: "token_count" };
      default:
        return undefined;
    }
  },
  inspect: inspectResponses,
  splice: spliceResponses,
  outputFormat: responsesFormat,
  passResponse: passResponses,
  client: {
    hub: "chat",
    operations: ["responses"],
    decodeRequest: decodeResponsesRequest,
    answerHeaders: openaiAnswerHeaders,
    encodeAnswer: encodeResponsesAnswer,
  },
  encodeTokenCount: (tokens) => jsonReply({ object: "response.input_tokens", input_tokens: tokens }),
  limitHeaders: openaiLimitHeaders,
  responseHeaders: ["openai-processing-ms", "openai-version"],
  encodeError: encodeOpenaiError,
};
