import { type Answer, frame, sse } from "./answer.ts";
import type { RequestFacts } from "./dialect.ts";
import type { JsonRecord } from "./json.ts";
import { type Refusal, type RefusalKind, statusOf } from "./refusal.ts";

/** Where a model's operations are, at AI Studio and at Vertex. */
const pathPattern =
  /^\/v1(?:alpha|beta|beta1)?\/(?:projects\/[^/]+\/locations\/[^/]+\/)?(?:publishers\/google\/)?models\/([^/:]+):(\w+)$/;

/** The model and the operation that a path names; undefined for any other path. */
export function geminiPath(path: string): { readonly model: string; readonly operation: string } | undefined {
  const [, model, operation] = pathPattern.exec(path.replaceAll("%3A", ":")) ?? [];
  return model === undefined || operation === undefined ? undefined : { model, operation };
}

/** A key in a header or in the query, or Vertex's bearer token. */
export function geminiCredential(
  headers: Readonly<Record<string, string>>,
  query: URLSearchParams,
): string | undefined {
  const bearer = /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
  return headers["x-goog-api-key"] ?? query.get("key") ?? bearer;
}

/** Headers of a whole answer, or of an error. */
export const geminiHeaders: Readonly<Record<string, string>> = {
  "content-type": "application/json; charset=UTF-8",
  "server-timing": "gfet4t7; dur=1",
  vary: "X-Origin",
};

/** True if a streamed answer is asked for as events; otherwise it is one JSON list that grows. */
export function isSse({ query }: RequestFacts): boolean {
  return query.get("alt") === "sse";
}

/** Google's error body for a refusal. */
export function geminiError(refused: Refusal, facts: RequestFacts): JsonRecord {
  const [status, code, message, details = []] = wording(refused.kind, facts);
  const retry = refused.retryAfter;
  const given = [...details, ...(retry === undefined ? [] : [retryInfo(retry)])];
  return {
    error: {
      code: refused.status ?? code ?? statusOf(refused),
      message: refused.message ?? message,
      status,
      ...(given.length > 0 && { details: given }),
    },
  };
}

/** A refusal as Gemini answers it; a prompt that it blocks is an answer of status 200 without candidates. */
export function refuseAsGemini(refused: Refusal, facts: RequestFacts): Answer {
  if (refused.kind === "content-filter" && refused.status === undefined) return blocked(facts);
  const [, code] = wording(refused.kind, facts);
  return {
    type: "answer",
    status: refused.status ?? code ?? statusOf(refused),
    headers: geminiHeaders,
    streamed: false,
    frames: [frame(JSON.stringify(geminiError(refused, facts), null, 2))],
  };
}

function blocked(facts: RequestFacts): Answer {
  const body = {
    promptFeedback: { blockReason: "PROHIBITED_CONTENT" },
    usageMetadata: { promptTokenCount: 1, totalTokenCount: 1 },
    modelVersion: facts.model,
  };
  const events = facts.streamed && isSse(facts);
  return {
    type: "answer",
    status: 200,
    headers: events ? { "content-type": "text/event-stream" } : geminiHeaders,
    streamed: false,
    frames: [frame(events ? sse(body) : JSON.stringify(facts.streamed ? [body] : body))],
  };
}

function retryInfo(retryAfter: string): JsonRecord {
  return { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: `${retryAfter}s` };
}

/** Google's status word, the HTTP status if it is not the usual one, the message, and details. */
type Wording = readonly [
  status: string,
  code: number | undefined,
  message: string,
  details?: readonly JsonRecord[],
];

function wording(kind: RefusalKind, { model = "" }: RequestFacts): Wording {
  switch (kind) {
    case "bad-request":
      return ["INVALID_ARGUMENT", undefined, "Request contains an invalid argument."];
    case "context-length":
      return [
        "INVALID_ARGUMENT",
        undefined,
        "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).",
      ];
    case "content-filter":
      return ["INVALID_ARGUMENT", undefined, "The prompt was blocked."];
    case "auth":
      // AI Studio says 400 to a wrong key, not 401.
      return [
        "INVALID_ARGUMENT",
        400,
        "API key not valid. Please pass a valid API key.",
        [
          {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            reason: "API_KEY_INVALID",
            domain: "googleapis.com",
          },
        ],
      ];
    case "billing":
      return ["FAILED_PRECONDITION", 400, "Please enable billing on your project in Google AI Studio."];
    case "permission":
      return ["PERMISSION_DENIED", undefined, "The caller does not have permission"];
    case "not-found":
      return ["NOT_FOUND", undefined, `models/${model} is not found for API version v1beta.`];
    case "timeout":
      return ["DEADLINE_EXCEEDED", 504, "Deadline expired before operation could complete."];
    case "too-large":
      return ["INVALID_ARGUMENT", undefined, "Request payload size exceeds the limit."];
    case "rate-limit":
      return ["RESOURCE_EXHAUSTED", undefined, "Resource has been exhausted (e.g. check quota)."];
    case "quota":
      return [
        "RESOURCE_EXHAUSTED",
        undefined,
        "You exceeded your current quota, please check your plan and billing details.",
        [
          {
            "@type": "type.googleapis.com/google.rpc.QuotaFailure",
            violations: [{ quotaId: "GenerateRequestsPerDayPerProjectPerModel-FreeTier" }],
          },
        ],
      ];
    case "server":
      return ["INTERNAL", undefined, "An internal error has occurred. Please retry."];
    case "overloaded":
      return ["UNAVAILABLE", undefined, "The model is overloaded. Please try again later."];
  }
}
