import type { ErrorCode, GatewayError } from "../../core/errors.ts";
import type { LocalReply } from "../dialect.ts";
import type { ErrorShape } from "../error-response.ts";
import { objectOf } from "../json-view.ts";
import { retryHeaders } from "../retry-headers.ts";

/** Google's canonical status for each code (https://ai.google.dev/api/generate-content). */
const statuses: Readonly<Record<ErrorCode, string>> = {
  invalid_request: "INVALID_ARGUMENT",
  invalid_contract: "INVALID_ARGUMENT",
  input_too_large: "INVALID_ARGUMENT",
  context_length_exceeded: "INVALID_ARGUMENT",
  unsupported: "INVALID_ARGUMENT",
  unpriced_model: "INVALID_ARGUMENT",
  unauthenticated: "UNAUTHENTICATED",
  forbidden: "PERMISSION_DENIED",
  suspended: "PERMISSION_DENIED",
  unknown_path: "NOT_FOUND",
  unknown_model: "NOT_FOUND",
  request_timeout: "DEADLINE_EXCEEDED",
  body_too_large: "INVALID_ARGUMENT",
  unsupported_media_type: "INVALID_ARGUMENT",
  encoded_body: "INVALID_ARGUMENT",
  rate_limit: "RESOURCE_EXHAUSTED",
  insufficient_quota: "RESOURCE_EXHAUSTED",
  upstream_auth: "INTERNAL",
  upstream_invalid: "INTERNAL",
  response_too_large: "INTERNAL",
  validation_failed: "INTERNAL",
  no_backend: "UNAVAILABLE",
  stopped: "UNAVAILABLE",
  upstream_unavailable: "UNAVAILABLE",
  capacity: "UNAVAILABLE",
  ledger_unavailable: "UNAVAILABLE",
  shutting_down: "UNAVAILABLE",
  timeout: "DEADLINE_EXCEEDED",
  internal: "INTERNAL",
};

/** Google's error object; how long to wait is a detail of it. */
export function geminiErrorBody(error: GatewayError): object {
  const { code, status, message, retryAfterMs } = error;
  const body = { code: status, message, status: statuses[code] };
  if (retryAfterMs === undefined) return { error: body };
  const retryDelay = `${Math.ceil(retryAfterMs / 1000)}s`;
  return {
    error: { ...body, details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay }] },
  };
}

/** A failure as Google's SDKs expect it. */
export function encodeGeminiError(error: GatewayError, requestId: string): LocalReply {
  return {
    status: error.status,
    headers: [["content-type", "application/json"], ["x-request-id", requestId], ...retryHeaders(error)],
    body: Buffer.from(JSON.stringify(geminiErrorBody(error))),
  };
}

/** Google's error bodies. */
export const geminiErrorShape: ErrorShape = {
  isError: (body) => typeof objectOf(body.error)?.status === "string",
  // A bad key and an unpaid bill are a 400 here.
  blamesAccount: (body) => /API key not valid|enable billing/i.test(String(objectOf(body.error)?.message)),
  encode: (error) => Buffer.from(JSON.stringify(geminiErrorBody(error))),
};
