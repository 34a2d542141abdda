import { systemClock } from "../core/clock.ts";
import { type Answer, frame } from "./answer.ts";
import { type SignedRequest, signatureProblem } from "./aws-signature.ts";
import type { RequestFacts } from "./dialect.ts";
import { type Refusal, type RefusalKind, statusOf } from "./refusal.ts";

/** Where an operation of the Bedrock runtime is, with the model's encoded id. */
const pathPattern = /^\/model\/([^/]+)\/([a-z-]+)$/;

/** The model and the operation that a path names; undefined for any other path. */
export function bedrockPath(
  path: string,
): { readonly model: string; readonly operation: string } | undefined {
  const [, encoded, operation] = pathPattern.exec(path) ?? [];
  if (encoded === undefined || operation === undefined) return undefined;
  try {
    return { model: decodeURIComponent(encoded), operation };
  } catch {
    return undefined;
  }
}

/** A bearer key, or the access key id of a signature. */
export function bedrockCredential({
  authorization = "",
}: Readonly<Record<string, string>>): string | undefined {
  return (/^Bearer (.+)$/i.exec(authorization) ??
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\//.exec(authorization))?.[1];
}

/** The problem with a request's signature, or undefined; a bearer key has none. */
export function verifyBedrock(request: SignedRequest, secretKey: string): string | undefined {
  if (!request.headers.authorization?.startsWith("AWS4")) return undefined;
  return signatureProblem(request, secretKey, systemClock.nowMs());
}

/** Headers that AWS puts on its answers. */
export function bedrockHeaders({ id }: RequestFacts): Readonly<Record<string, string>> {
  return { "x-amzn-requestid": requestId(id) };
}

/** An exception's message, as a body or in a stream. */
export function bedrockException(refused: Refusal, facts: RequestFacts): { readonly message: string } {
  const [, , message] = wording(refused.kind, facts);
  return { message: refused.message ?? message };
}

/** A refusal as the Bedrock runtime answers it: its type in a header, which may have more after a colon. */
export function refuseAsBedrock(refused: Refusal, facts: RequestFacts): Answer {
  const [type, status] = wording(refused.kind, facts);
  const headers: Record<string, string> = {
    "content-type": "application/json",
    "x-amzn-errortype": `${type}:http://internal.amazon.com/coral/com.amazon.bedrock/`,
    ...bedrockHeaders(facts),
  };
  if (refused.retryAfter !== undefined) headers["retry-after"] = refused.retryAfter;
  return {
    type: "answer",
    status: refused.status ?? status ?? statusOf(refused),
    headers,
    streamed: false,
    frames: [frame(JSON.stringify(bedrockException(refused, facts)))],
  };
}

function requestId(id: string): string {
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The exception's type, its status if it is not the usual one, and its message. */
type Wording = readonly [type: string, status: number | undefined, message: string];

function wording(kind: RefusalKind, { model = "" }: RequestFacts): Wording {
  switch (kind) {
    case "bad-request":
      return ["ValidationException", undefined, "The provided request is not valid"];
    case "context-length":
      return ["ValidationException", undefined, "Input is too long for requested model."];
    case "content-filter":
      return ["ValidationException", undefined, "Output blocked by content filtering policy"];
    case "auth":
      return ["UnrecognizedClientException", 403, "The security token included in the request is invalid."];
    case "billing":
      return [
        "AccessDeniedException",
        403,
        "Model access is denied due to INVALID_PAYMENT_INSTRUMENT: A valid payment instrument must be provided.",
      ];
    case "permission":
      return [
        "AccessDeniedException",
        403,
        "You don't have access to the model with the specified model ID.",
      ];
    case "not-found":
      return ["ResourceNotFoundException", undefined, `Could not resolve the foundation model from ${model}`];
    case "timeout":
      return ["ModelTimeoutException", undefined, "Model has timed out in processing the request."];
    case "too-large":
      return ["RequestEntityTooLargeException", undefined, "The request is too large."];
    case "rate-limit":
      return ["ThrottlingException", undefined, "Too many requests, please wait before trying again."];
    case "quota":
      return [
        "ServiceQuotaExceededException",
        400,
        "Your request exceeds the service quota for your account.",
      ];
    case "server":
      return [
        "InternalServerException",
        undefined,
        "The system encountered an unexpected error during processing.",
      ];
    case "overloaded":
      return ["ServiceUnavailableException", undefined, "Bedrock is unable to process your request."];
  }
}
