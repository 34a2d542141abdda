import type { GatewayError } from "../../core/errors.ts";
import type { LocalReply } from "../dialect.ts";
import type { ErrorShape } from "../error-response.ts";
import { retryHeaders } from "../retry-headers.ts";

/** A failure as Cohere's SDKs expect it (https://docs.cohere.com/reference/errors): they tell it by status. */
export function encodeCohereError(error: GatewayError, requestId: string): LocalReply {
  return {
    status: error.status,
    headers: [["content-type", "application/json"], ["x-request-id", requestId], ...retryHeaders(error)],
    body: Buffer.from(JSON.stringify({ id: requestId, message: error.message })),
  };
}

/** Cohere's error bodies. */
export const cohereErrorShape: ErrorShape = {
  isError: (body) => typeof body.message === "string",
  encode: (error) => Buffer.from(JSON.stringify({ message: error.message })),
};
