/**
 * The wait that the sender of an answer asks for, in milliseconds from now: `retry-after-ms`, as OpenAI and Azure send it, else `retry-after`.
 * Undefined if it states none. `header` looks up a header of the answer by its name in lower case.
 */
export function askedWaitMs(
  header: (name: "retry-after-ms" | "retry-after") => string | undefined,
  nowMs: number,
): number | undefined {
  const ms = header("retry-after-ms");
  if (ms !== undefined && /^\d{1,12}(\.\d+)?$/.test(ms)) return Math.ceil(Number(ms));
  return parseRetryAfter(header("retry-after"), nowMs);
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3), as milliseconds from now; undefined if it is neither. */
function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}(\.\d+)?$/.test(value)) return Math.ceil(Number(value) * 1_000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - nowMs);
}
