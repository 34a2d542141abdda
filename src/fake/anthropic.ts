import { type Answer, frame } from "./answer.ts";
import type { RequestFacts } from "./dialect.ts";
import type { JsonRecord } from "./json.ts";
import { type Refusal, type RefusalKind, refusal, statusOf } from "./refusal.ts";

/** A minute's tokens and requests that every answer claims as the account's limits. */
const requestsLimit = 4_000;
const tokensLimit = 2_000_000;
const overloadedStatus = 529;

/** The credential of Anthropic's clients: a key, or a bearer token. */
export function anthropicCredential(headers: Readonly<Record<string, string>>): string | undefined {
  return headers["x-api-key"] ?? /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1];
}

/** Headers that Anthropic puts on its answers. */
export function anthropicHeaders({ id, createdS }: RequestFacts): Readonly<Record<string, string>> {
  const reset = new Date((createdS + 1) * 1_000).toISOString().replace(".000", "");
  const limits = Object.entries({
    requests: requestsLimit,
    "input-tokens": tokensLimit,
    "output-tokens": tokensLimit,
    tokens: 2 * tokensLimit,
  }).flatMap(([what, limit]) => [
    [`anthropic-ratelimit-${what}-limit`, String(limit)],
    [`anthropic-ratelimit-${what}-remaining`, String(what === "requests" ? limit - 1 : limit - 1_000)],
    [`anthropic-ratelimit-${what}-reset`, reset],
  ]);
  return {
    "request-id": requestId(id),
    "anthropic-organization-id": "org-fake",
    ...Object.fromEntries(limits),
  };
}

/** Anthropic's error body for a refusal; the same as an event in a stream. */
export function anthropicError(refused: Refusal, facts: RequestFacts): JsonRecord {
  const [type, message] = wording(refused.kind, facts);
  return {
    type: "error",
    error: { type, message: refused.message ?? message },
    request_id: requestId(facts.id),
  };
}

/** A refusal as Anthropic answers it. */
export function refuseAsAnthropic(refused: Refusal, facts: RequestFacts): Answer {
  const headers: Record<string, string> = { "content-type": "application/json", ...anthropicHeaders(facts) };
  if (refused.retryAfter !== undefined) headers["retry-after"] = refused.retryAfter;
  const isOverloaded = refused.kind === "overloaded" && refused.status === undefined;
  return {
    type: "answer",
    status: isOverloaded ? overloadedStatus : statusOf(refused),
    headers,
    streamed: false,
    frames: [frame(JSON.stringify(anthropicError(refused, facts)))],
  };
}

/** What Anthropic says to a field it does not know, or to the first of `required` that is not there; undefined if all is well. */
export function refuseFields(
  body: JsonRecord,
  known: ReadonlySet<string>,
  required: readonly string[],
): Refusal | undefined {
  const missing = required.find((name) => body[name] === undefined);
  if (missing !== undefined) return refusal("bad-request", { message: `${missing}: Field required` });
  const unknown = Object.keys(body).find((name) => !known.has(name));
  if (unknown === undefined) return undefined;
  return refusal("bad-request", { message: `${unknown}: Extra inputs are not permitted` });
}

function requestId(id: string): string {
  return `req_01${id.slice(0, 22)}`;
}

function wording(kind: RefusalKind, { model = "" }: RequestFacts): readonly [type: string, message: string] {
  switch (kind) {
    case "bad-request":
      return ["invalid_request_error", "Invalid request."];
    case "context-length":
      return ["invalid_request_error", "prompt is too long: 200001 tokens > 200000 maximum"];
    case "content-filter":
      return ["invalid_request_error", "Output blocked by content filtering policy"];
    case "auth":
      return ["authentication_error", "invalid x-api-key"];
    case "billing":
      return ["billing_error", "Your credit balance is too low to access the Anthropic API."];
    case "permission":
      return ["permission_error", "Your API key does not have permission to use the specified resource."];
    case "not-found":
      return ["not_found_error", model === "" ? "Not found" : `model: ${model}`];
    case "timeout":
      return ["timeout_error", "Request timed out."];
    case "too-large":
      return ["request_too_large", "Request exceeds the maximum size"];
    case "rate-limit":
      return ["rate_limit_error", "This request would exceed your organization's rate limit."];
    case "quota":
      return [
        "rate_limit_error",
        "You have reached your specified API usage limits: enforced_spend_limit_reached.",
      ];
    case "server":
      return ["api_error", "Internal server error"];
    case "overloaded":
      return ["overloaded_error", "Overloaded"];
  }
}
