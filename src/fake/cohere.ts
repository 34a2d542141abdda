import { type Answer, frame } from "./answer.ts";
import type { RequestFacts } from "./dialect.ts";
import { type Refusal, statusOf } from "./refusal.ts";

/** Headers of an answer. */
export const cohereHeaders: Readonly<Record<string, string>> = {
  "content-type": "application/json",
  "x-endpoint-monthly-call-limit": "1000",
};

/** A bearer key. */
export function cohereCredential({
  authorization = "",
}: Readonly<Record<string, string>>): string | undefined {
  return /^Bearer (.+)$/i.exec(authorization)?.[1];
}

/** A refusal as Cohere answers it. */
export function refuseAsCohere(refused: Refusal, facts: RequestFacts): Answer {
  const headers: Record<string, string> = { "content-type": "application/json" };
  if (refused.retryAfter !== undefined) headers["retry-after"] = refused.retryAfter;
  const body = { id: facts.id, message: refused.message ?? wording(refused, facts) };
  return {
    type: "answer",
    status: statusOf(refused),
    headers,
    streamed: false,
    frames: [frame(JSON.stringify(body))],
  };
}

function wording({ kind }: Refusal, { model = "" }: RequestFacts): string {
  switch (kind) {
    case "bad-request":
      return "invalid request";
    case "context-length":
      return "too many tokens: total number of tokens exceeds the limit";
    case "content-filter":
      return "the request was blocked by a content filter";
    case "auth":
      return "invalid api token";
    case "billing":
      return "please add or update your payment method";
    case "permission":
      return "you do not have permission to use this model";
    case "not-found":
      return `model '${model}' not found, make sure the correct model ID was used and that you have access to the model.`;
    case "timeout":
      return "request timed out";
    case "too-large":
      return "request is too large";
    case "rate-limit":
      return "You are past the per minute request limit, please wait and try again later.";
    case "quota":
      return "You are using a Trial key, which is limited to 1000 API calls / month.";
    case "server":
      return "internal server error";
    case "overloaded":
      return "the service is overloaded, please try again later";
  }
}
