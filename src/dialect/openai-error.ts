import { type ErrorCode, errorTable, type GatewayError } from "../core/errors.ts";
import type { LocalReply } from "./dialect.ts";
import type { ErrorShape } from "./error-response.ts";
import { objectOf } from "./json-view.ts";
import { retryHeaders } from "./retry-headers.ts";

/** OpenAI's own names where it has one (https://developers.openai.com/api/docs/guides/error-codes), as `type` and `code`; the others are called what we call them. */
const names: Readonly<Record<ErrorCode, readonly [type: string, code: string | null]>> = {
  invalid_request: ["invalid_request_error", null],
  invalid_contract: ["invalid_request_error", "invalid_contract"],
  input_too_large: ["invalid_request_error", "input_too_large"],
  context_length_exceeded: ["invalid_request_error", "context_length_exceeded"],
  unsupported: ["invalid_request_error", "unsupported"],
  unpriced_model: ["invalid_request_error", "unpriced_model"],
  unauthenticated: ["invalid_request_error", "invalid_api_key"],
  forbidden: ["invalid_request_error", "insufficient_permissions"],
  suspended: ["invalid_request_error", "suspended"],
  unknown_path: ["invalid_request_error", "unknown_url"],
  unknown_model: ["invalid_request_error", "model_not_found"],
  request_timeout: ["invalid_request_error", "request_timeout"],
  body_too_large: ["invalid_request_error", "request_too_large"],
  unsupported_media_type: ["invalid_request_error", "unsupported_media_type"],
  encoded_body: ["invalid_request_error", "unsupported_content_encoding"],
  rate_limit: ["rate_limit_error", "rate_limit_exceeded"],
  insufficient_quota: ["insufficient_quota", "insufficient_quota"],
  upstream_auth: ["server_error", "upstream_auth"],
  upstream_invalid: ["server_error", "upstream_invalid"],
  response_too_large: ["server_error", "response_too_large"],
  validation_failed: ["server_error", "validation_failed"],
  no_backend: ["server_error", "no_backend"],
  stopped: ["server_error", "stopped"],
  upstream_unavailable: ["server_error", "upstream_unavailable"],
  capacity: ["server_error", "capacity"],
  ledger_unavailable: ["server_error", "ledger_unavailable"],
  shutting_down: ["server_error", "shutting_down"],
  timeout: ["server_error", "timeout"],
  internal: ["server_error", "internal_error"],
};

/** OpenAI's error object. */
export interface OpenaiError {
  readonly message: string;
  readonly type: string;
  readonly param: string | null;
  readonly code: string | null;
}

/** A failure in OpenAI's words; all four members are always there. */
export function openaiErrorBody(error: GatewayError): { readonly error: OpenaiError } {
  const [type, code] = names[error.code];
  return { error: { message: error.message, type, param: error.param ?? null, code } };
}

/** A failure as OpenAI's SDKs expect it: they tell it by status, `code` and `x-should-retry`. */
export function encodeOpenaiError(error: GatewayError, requestId: string): LocalReply {
  return {
    status: errorTable[error.code].status,
    headers: [["content-type", "application/json"], ["x-request-id", requestId], ...retryHeaders(error)],
    body: Buffer.from(JSON.stringify(openaiErrorBody(error))),
  };
}

/** OpenAI's error bodies, for answers of compatible servers that may not have one. */
export const openaiErrorShape: ErrorShape = {
  isError: (body) => typeof objectOf(body.error)?.message === "string",
  encode: (error) => Buffer.from(JSON.stringify(openaiErrorBody(error))),
};
