import { bedrockAnswerHeaders } from "./bedrock-answer-headers.ts";
import { encodeBedrockError } from "./bedrock-error.ts";
import type { Dialect } from "./dialect.ts";

/**
 * The common part of all models behind Bedrock's InvokeModel (https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModel.html).
 * AWS's SDKs declare the body as `application/octet-stream` unless the caller sets `contentType`; the body is still JSON.
 */
export const invokeModel: Pick<
  Dialect,
  "requestHeaders" | "requestMediaTypes" | "responseHeaders" | "encodeError"
> = {
  requestHeaders: [],
  requestMediaTypes: ["application/octet-stream"],
  responseHeaders: bedrockAnswerHeaders,
  encodeError: encodeBedrockError,
};
