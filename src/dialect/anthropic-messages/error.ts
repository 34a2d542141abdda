import type { ErrorCode, GatewayError } from "../../core/errors.ts";
import type { LocalReply } from "../dialect.ts";
import type { ErrorShape } from "../error-response.ts";
import { objectOf } from "../json-view.ts";
import { retryHeaders } from "../retry-headers.ts";

/** Anthropic's error types (https://platform.claude.com/docs/en/api/errors). */
const types: Readonly<Record<ErrorCode, string>> = {
  invalid_request: "invalid_request_error",
  invalid_contract: "invalid_request_error",
  input_too_large: "invalid_request_error",
  context_length_exceeded: "invalid_request_error",
  unsupported: "invalid_request_error",
  unpriced_model: "invalid_request_error",
  unauthenticated: "authentication_error",
  forbidden: "permission_error",
  suspended: "permission_error",
  unknown_path: "not_found_error",
  unknown_model: "not_found_error",
  request_timeout: "timeout_error",
  body_too_large: "request_too_large",
  unsupported_media_type: "invalid_request_error",
  encoded_body: "invalid_request_error",
  rate_limit: "rate_limit_error",
  insufficient_quota: "billing_error",
  upstream_auth: "api_error",
  upstream_invalid: "api_error",
  response_too_large: "api_error",
  validation_failed: "api_error",
  no_backend: "overloaded_error",
  stopped: "overloaded_error",
  upstream_unavailable: "overloaded_error",
  capacity: "overloaded_error",
  ledger_unavailable: "api_error",
  shutting_down: "overloaded_error",
  timeout: "timeout_error",
  internal: "api_error",
};

/** Anthropic's error object; `requestId` is not known inside a stream. */
export function anthropicErrorBody(error: GatewayError, requestId?: string): object {
  // Clients tell an over-long prompt by these words: there is no code for it.
  const message =
    error.code === "context_length_exceeded" ? `prompt is too long: ${error.message}` : error.message;
  const body = { type: "error", error: { type: types[error.code], message } };
  return requestId === undefined ? body : { ...body, request_id: requestId };
}

/** A failure as Anthropic's SDKs expect it. */
export function encodeAnthropicError(error: GatewayError, requestId: string): LocalReply {
  return {
    status: error.status,
    headers: [["content-type", "application/json"], ["request-id", requestId], ...retryHeaders(error)],
    body: Buffer.from(JSON.stringify(anthropicErrorBody(error, requestId))),
  };
}

/** Anthropic's error bodies, for answers of gateways before it that may not have one. */
export const anthropicErrorShape: ErrorShape = {
  isError: (body) => body.type === "error" && typeof objectOf(body.error)?.message === "string",
  // An empty purse is a 400 here.
  blamesAccount: (body) => /credit balance/i.test(String(objectOf(body.error)?.message)),
  encode: (error) => Buffer.from(JSON.stringify(anthropicErrorBody(error))),
};
