import { type Answer, frame } from "./answer.ts";
import type { Operation, RequestFacts } from "./dialect.ts";
import type { JsonRecord } from "./json.ts";
import { type Refusal, type RefusalKind, refusal, statusOf } from "./refusal.ts";

/** Requests and tokens a minute that every answer claims as the account's limits. */
const requestsLimit = 10_000;
const tokensLimit = 2_000_000;

const deploymentPattern = /^\/openai\/deployments\/([^/]+)$/;

/** OpenAI's words for each reason: message, type, code, and the parameter at fault. */
type Wording = readonly [message: string, type: string, code: string | null, param?: string];

/**
 * An operation at a resource's paths, e.g. `chat/completions`: OpenAI's, Azure's newer ones, and Azure's older ones, where the
 * model is the deployment in the path, whatever the body says.
 */
export function openaiMatch(
  method: string,
  path: string,
  resource: string,
  operation: Operation,
): Operation | undefined {
  if (method !== "POST" || !path.endsWith(`/${resource}`)) return undefined;
  const base = path.slice(0, -resource.length - 1);
  if (base === "/v1" || base === "/openai/v1") return operation;
  const deployment = deploymentPattern.exec(base)?.[1];
  return deployment === undefined ? undefined : { ...operation, model: () => deployment };
}

/** True if a path is one of Azure's older ones. */
export function isDeployment(path: string): boolean {
  return path.startsWith("/openai/deployments/");
}

/** The credential of any OpenAI-shaped API: a bearer token, or Azure's `api-key`. */
export function openaiCredential(headers: Readonly<Record<string, string>>): string | undefined {
  return /^Bearer (.+)$/i.exec(headers.authorization ?? "")?.[1] ?? headers["api-key"];
}

/** Headers that OpenAI puts on its answers. */
export function openaiHeaders({ id }: RequestFacts): Readonly<Record<string, string>> {
  return {
    "openai-organization": "org-fake",
    "openai-processing-ms": "1",
    "openai-version": "2020-10-01",
    "x-request-id": `req_${id}`,
    "x-ratelimit-limit-requests": String(requestsLimit),
    "x-ratelimit-limit-tokens": String(tokensLimit),
    "x-ratelimit-remaining-requests": String(requestsLimit - 1),
    "x-ratelimit-remaining-tokens": String(tokensLimit - 1_000),
    "x-ratelimit-reset-requests": "6ms",
    "x-ratelimit-reset-tokens": "30ms",
  };
}

/** A whole JSON answer's headers. */
export function openaiJsonHeaders(facts: RequestFacts): Readonly<Record<string, string>> {
  return { "content-type": "application/json", ...openaiHeaders(facts) };
}

/** OpenAI's error body for a refusal. */
export function openaiError(refused: Refusal, facts: RequestFacts): JsonRecord {
  const [message, type, code, param] = wording(refused.kind, facts);
  return {
    error: {
      message: refused.message ?? message,
      type,
      param: refused.param ?? param ?? null,
      code: refused.code ?? (refused.message === undefined ? code : null),
    },
  };
}

/** A refusal as OpenAI answers it. */
export function refuseAsOpenai(refused: Refusal, facts: RequestFacts): Answer {
  const headers: Record<string, string> = { ...openaiJsonHeaders(facts) };
  if (refused.retryAfter !== undefined) headers["retry-after"] = refused.retryAfter;
  return {
    type: "answer",
    status: statusOf(refused),
    headers,
    streamed: false,
    frames: [frame(JSON.stringify(openaiError(refused, facts), null, 2))],
  };
}

/** The tier an answer says it was made in: the one asked for, by its older name, or the default. */
export function serviceTier(body: JsonRecord): string {
  return typeof body.service_tier === "string" && body.service_tier !== "auto"
    ? body.service_tier
    : "default";
}

/** What OpenAI says to a top-level parameter it does not know; undefined if it knows all of them. */
export function refuseUnknown(body: JsonRecord, known: ReadonlySet<string>): Refusal | undefined {
  const unknown = Object.keys(body).find((name) => !known.has(name));
  if (unknown === undefined) return undefined;
  const message = `Unknown parameter: '${unknown}'.`;
  return refusal("bad-request", { message, param: unknown, code: "unknown_parameter" });
}

/** What OpenAI says to a required parameter that is not there. */
export function refuseMissing(param: string): Refusal {
  const message = `Missing required parameter: '${param}'.`;
  return refusal("bad-request", { message, param, code: "missing_required_parameter" });
}

function wording(kind: RefusalKind, { method, path, model = "(none)" }: RequestFacts): Wording {
  const invalid = "invalid_request_error";
  switch (kind) {
    case "bad-request":
      return ["Invalid request.", invalid, null];
    case "context-length":
      return [
        "This model's maximum context length is 128000 tokens. However, your messages resulted in more. Please reduce the length of the messages.",
        invalid,
        "context_length_exceeded",
        "messages",
      ];
    case "content-filter":
      return ["Your request was rejected by our safety system.", invalid, "content_policy_violation"];
    case "auth":
      return [
        "Incorrect API key provided. You can find your API key at https://platform.openai.com/account/api-keys.",
        invalid,
        "invalid_api_key",
      ];
    case "billing":
      return [
        "Your account is not active, please check your billing details.",
        "billing_not_active",
        "billing_not_active",
      ];
    case "permission":
      return ["You have insufficient permissions for this operation.", invalid, "insufficient_permissions"];
    case "not-found":
      if (model === "(none)") return [`Invalid URL (${method} ${path})`, invalid, null];
      return [
        `The model \`${model}\` does not exist or you do not have access to it.`,
        invalid,
        "model_not_found",
      ];
    case "timeout":
      return ["Request timed out.", "timeout", null];
    case "too-large":
      return ["Maximum content size limit exceeded.", invalid, null];
    case "rate-limit":
      return [
        `Rate limit reached for ${model} in organization org-fake on tokens per min (TPM): Limit ${tokensLimit}. Please try again in 1s.`,
        "tokens",
        "rate_limit_exceeded",
      ];
    case "quota":
      return [
        "You exceeded your current quota, please check your plan and billing details.",
        "insufficient_quota",
        "insufficient_quota",
      ];
    case "server":
      return [
        "The server had an error while processing your request. Sorry about that!",
        "server_error",
        null,
      ];
    case "overloaded":
      return [
        "That model is currently overloaded with other requests. Please try again later.",
        "server_error",
        null,
      ];
  }
}
