import type { GatewayError } from "../core/errors.ts";

/** Longest wait told to a client, in milliseconds: Anthropic's SDK sleeps as long as it is told (https://platform.claude.com/docs/en/api/rate-limits), OpenAI's heeds up to 60 s. */
const retryAfterMaxMs = 60_000;

/**
 * How OpenAI's and Anthropic's SDKs are told whether and when to try again: they retry 408, 409, 429 and 5xx unless `x-should-retry` says no,
 * and a wait longer than they should sleep is a no.
 */
export function retryHeaders(error: GatewayError): readonly (readonly [string, string])[] {
  const { status, retryable, retryAfterMs } = error;
  const headers: [string, string][] = [];
  const sdkRetries = status === 408 || status === 409 || status === 429 || status >= 500;
  if (sdkRetries && (!retryable || (retryAfterMs ?? 0) > retryAfterMaxMs))
    headers.push(["x-should-retry", "false"]);
  if (retryAfterMs === undefined) return headers;
  headers.push(["retry-after", String(Math.ceil(retryAfterMs / 1000))]);
  headers.push(["retry-after-ms", String(Math.ceil(retryAfterMs))]);
  return headers;
}
