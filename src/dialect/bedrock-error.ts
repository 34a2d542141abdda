import type { ErrorCode, GatewayError } from "../core/errors.ts";
import { encodeEventStreamMessage } from "../core/event-stream.ts";
import type { LocalReply } from "./dialect.ts";
import type { ErrorShape } from "./error-response.ts";
import { retryHeaders } from "./retry-headers.ts";

/** AWS's exception for each code (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html); the SDK tells an error by it, whatever the status. */
const exceptions: Readonly<Record<ErrorCode, string>> = {
  invalid_request: "ValidationException",
  invalid_contract: "ValidationException",
  input_too_large: "ValidationException",
  context_length_exceeded: "ValidationException",
  unsupported: "ValidationException",
  unpriced_model: "ValidationException",
  unauthenticated: "UnrecognizedClientException",
  forbidden: "AccessDeniedException",
  suspended: "AccessDeniedException",
  unknown_path: "ResourceNotFoundException",
  unknown_model: "ResourceNotFoundException",
  request_timeout: "ModelTimeoutException",
  body_too_large: "ValidationException",
  unsupported_media_type: "ValidationException",
  encoded_body: "ValidationException",
  rate_limit: "ThrottlingException",
  insufficient_quota: "ServiceQuotaExceededException",
  upstream_auth: "InternalServerException",
  upstream_invalid: "ModelErrorException",
  response_too_large: "ModelErrorException",
  validation_failed: "ModelErrorException",
  no_backend: "ServiceUnavailableException",
  stopped: "ServiceUnavailableException",
  upstream_unavailable: "ServiceUnavailableException",
  capacity: "ServiceUnavailableException",
  ledger_unavailable: "ServiceUnavailableException",
  shutting_down: "ServiceUnavailableException",
  timeout: "ModelTimeoutException",
  internal: "InternalServerException",
};

/** A failure as AWS's SDKs expect it: the exception in a header, the message in the body. */
export function encodeBedrockError(error: GatewayError, requestId: string): LocalReply {
  return {
    // A 429 is retried whatever it says; a used-up quota is a 400 at Bedrock, too (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html).
    status: error.code === "insufficient_quota" ? 400 : error.status,
    headers: [
      ["content-type", "application/json"],
      ["x-amzn-errortype", exceptions[error.code]],
      ["x-amzn-requestid", requestId],
      ...retryHeaders(error),
    ],
    body: bodyOf(error),
  };
}

/** AWS's error bodies. */
export const bedrockErrorShape: ErrorShape = {
  isError: (body) => typeof body.message === "string" || typeof body.Message === "string",
  encode: bodyOf,
};

/** A failure inside an event stream: the exceptions that a response stream may carry. */
export function bedrockException(error: GatewayError): Buffer {
  return encodeEventStreamMessage(
    [
      [":exception-type", streamExceptionOf(error.code)],
      [":content-type", "application/json"],
      [":message-type", "exception"],
    ],
    bodyOf(error),
  );
}

function bodyOf(error: GatewayError): Buffer {
  // Clients recognise an over-long prompt by these words; no exception is specific to it.
  const tooLong = error.code === "context_length_exceeded";
  const message = tooLong ? `Input is too long for requested model: ${error.message}` : error.message;
  return Buffer.from(JSON.stringify({ message }));
}

function streamExceptionOf(code: ErrorCode): string {
  switch (exceptions[code]) {
    case "ThrottlingException":
      return "throttlingException";
    case "ValidationException":
      return "validationException";
    case "ServiceUnavailableException":
      return "serviceUnavailableException";
    case "ModelErrorException":
    case "ModelTimeoutException":
      return "modelStreamErrorException";
    default:
      return "internalServerException";
  }
}
