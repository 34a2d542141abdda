import type { Dialect, Operation } from "../dialect.ts";
import { jsonReply } from "../json-reply.ts";
import type { ModelRequest } from "../model-request.ts";
import { matchModels } from "../models-path.ts";
import { checkReach } from "../reach.ts";
import { pathOf } from "../request-path.ts";
import { decodeGenerateAnswer } from "./decode-events.ts";
import { decodeGenerateRequest } from "./decode-request.ts";
import { encodeGenerateAnswer } from "./encode-events.ts";
import { encodeGenerateRequest, generateReach } from "./encode-request.ts";
import { encodeGeminiError } from "./error.ts";
import { inspectGenerate } from "./inspect.ts";
import { generateFormat } from "./output-format.ts";
import { geminiAction } from "./path.ts";
import { spliceGenerate } from "./request.ts";
import { passGenerate } from "./response.ts";

/** Google's Gemini API (https://ai.google.dev/api/generate-content): generation, counts of tokens, the list of models. */
export const geminiGenerate: Dialect = {
  name: "gemini-generate",
  work: "text",
  requestHeaders: [],
  match: matchGenerate,
  inspect: inspectGenerate,
  splice: spliceGenerate,
  outputFormat: generateFormat,
  passResponse: passGenerate,
  client: {
    hub: "chat",
    operations: ["generate"],
    decodeRequest: decodeGenerateRequest,
    answerHeaders: ({ facts }) => [
      ["content-type", facts.stream ? "text/event-stream" : "application/json; charset=UTF-8"],
    ],
    encodeAnswer: encodeGenerateAnswer,
  },
  upstream: {
    hub: "chat",
    supports: generateReach.supports,
    check: (request: ModelRequest) => checkReach(request, generateReach),
    operation: (model, stream) => ({ name: "generate", model, stream }),
    encodeRequest: encodeGenerateRequest,
    decodeAnswer: decodeGenerateAnswer,
  },
  encodeModels: (names) => jsonReply({ models: names.map(modelCalled) }),
  encodeModel: (name) => jsonReply(modelCalled(name)),
  encodeTokenCount: (totalTokens) => jsonReply({ totalTokens }),
  responseHeaders: ["server-timing"],
  encodeError: encodeGeminiError,
};

function matchGenerate(method: string, path: string): Operation | undefined {
  const { model = "", action } = geminiAction(method, path) ?? {};
  switch (action) {
    case "generateContent":
      return { name: "generate", model, stream: false };
    case "streamGenerateContent":
      // Without alt=sse the API streams one JSON array; told here, and refused with a reason when it is read.
      return { name: isSse(path) ? "generate" : "generate_array", model, stream: true };
    case "countTokens":
      return { name: "count_tokens", model, stream: false, local: "token_count" };
    default:
      // The part after a colon is an action.
      return pathOf(path).includes(":") ? undefined : matchModels("/v1beta/models", method, path);
  }
}

function modelCalled(name: string): object {
  return { name: `models/${name}`, displayName: name };
}

function isSse(path: string): boolean {
  return new URLSearchParams(path.slice(pathOf(path).length)).get("alt") === "sse";
}
