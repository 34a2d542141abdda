import type { Headers } from "./headers.ts";

/** How long the sender of an answer asks to be left alone, in milliseconds: `retry-after-ms`, as OpenAI and Azure send it, else `retry-after`. */
export function askedWaitMs(headers: Headers, nowMs: number): number | undefined {
  const ms = headers.get("retry-after-ms");
  if (ms !== undefined && /^\d{1,12}(\.\d+)?$/.test(ms)) return Math.ceil(Number(ms));
  return retryAfterMs(headers.get("retry-after"), nowMs);
}

/** A `retry-after` header as milliseconds from now: seconds or an HTTP date (RFC 9110 §10.2.3); undefined when it is absent or neither. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1_000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
