import type { Headers } from "../core/headers.ts";
import { type JsonObject, objectOf, parseObject } from "../dialect/json-view.ts";
import { refusesModel } from "./classify-model.ts";
import type { FailureClass } from "./provider.ts";

/** The class of a failed answer in OpenAI's error format (https://developers.openai.com/api/docs/guides/error-codes); also of servers that only resemble it. */
export function classifyOpenai(status: number, _headers: Headers, body: Buffer): FailureClass {
  const error = errorOf(body);
  const names = `${String(error.code ?? "")} ${String(error.type ?? "")}`;
  if (status !== 429 && refusesModel(status, `${names} ${String(error.message ?? "")}`))
    return "model_unavailable";
  if (status === 401 || status === 402 || status === 403) return "auth_or_quota";
  if (status === 429) return /insufficient_quota|billing/.test(names) ? "auth_or_quota" : "rate_limited";
  if (status === 408 || status === 504) return "timeout";
  if (status === 409 || status === 424 || status >= 500) return "overloaded";
  if (/context_length_exceeded/.test(names) || isTooLong(error.message)) return "context_length";
  if (/content_filter|content_policy/.test(names)) return "content_policy";
  return "client_error";
}

function errorOf(body: Buffer): JsonObject {
  const parsed = parseObject(body.toString());
  return objectOf(parsed?.error) ?? parsed ?? {};
}

/** vLLM and others give no code for it, only words. */
function isTooLong(message: unknown): boolean {
  return (
    typeof message === "string" && /maximum context length|context window|prompt is too long/i.test(message)
  );
}
