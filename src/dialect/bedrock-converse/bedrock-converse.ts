import { bedrockAnswerHeaders } from "../bedrock-answer-headers.ts";
import { encodeBedrockError } from "../bedrock-error.ts";
import { matchBedrock } from "../bedrock-path.ts";
import type { Dialect } from "../dialect.ts";
import type { ModelRequest } from "../model-request.ts";
import { checkReach } from "../reach.ts";
import { decodeConverseAnswer } from "./decode-events.ts";
import { decodeConverseRequest } from "./decode-request.ts";
import { encodeConverseAnswer } from "./encode-events.ts";
import { converseReach, encodeConverseRequest } from "./encode-request.ts";
import { inspectConverse } from "./inspect.ts";
import { converseFormat } from "./output-format.ts";
import { spliceConverse } from "./request.ts";
import { passConverse } from "./response.ts";

/** Amazon Bedrock's Converse and ConverseStream (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html). */
export const bedrockConverse: Dialect = {
  name: "bedrock-converse",
  work: "text",
  requestHeaders: [],
  match: (method, path) => matchBedrock("converse", method, path),
  inspect: inspectConverse,
  splice: spliceConverse,
  outputFormat: converseFormat,
  passResponse: passConverse,
  client: {
    hub: "chat",
    operations: ["converse"],
    decodeRequest: decodeConverseRequest,
    answerHeaders: ({ id, facts }) => [
      ["content-type", facts.stream ? "application/vnd.amazon.eventstream" : "application/json"],
      ["x-amzn-requestid", id],
    ],
    encodeAnswer: encodeConverseAnswer,
  },
  upstream: {
    hub: "chat",
    supports: converseReach.supports,
    check: (request: ModelRequest) => checkReach(request, converseReach),
    operation: (model, stream) => ({ name: "converse", model, stream }),
    encodeRequest: encodeConverseRequest,
    decodeAnswer: decodeConverseAnswer,
  },
  responseHeaders: bedrockAnswerHeaders,
  encodeError: encodeBedrockError,
};
