/** The unit of a limit, in the headers that SDKs read. */
export type LimitedUnit = "requests" | "tokens" | "input_tokens" | "output_tokens";

/** Where a caller stands with a limit. */
export interface LimitStanding {
  readonly limit: bigint;
  readonly left: bigint;
  /** When all of it will be left again. */
  readonly resetsAtMs: number;
}

/** The tightest limit of each unit that has any. */
export type LimitStandings = ReadonlyMap<LimitedUnit, LimitStanding>;

type Headers = readonly (readonly [name: string, value: string])[];

/** `x-ratelimit-*` as OpenAI's SDKs know them (https://developers.openai.com/api/docs/guides/rate-limits): resets are durations, e.g. `6m0s`. */
export function openaiLimitHeaders(standings: LimitStandings, nowMs: number): Headers {
  const headers: [string, string][] = [];
  for (const unit of ["requests", "tokens"] as const) {
    const standing = standings.get(unit);
    if (standing === undefined) continue;
    headers.push([`x-ratelimit-limit-${unit}`, standing.limit.toString()]);
    headers.push([`x-ratelimit-remaining-${unit}`, standing.left.toString()]);
    headers.push([`x-ratelimit-reset-${unit}`, goDuration(standing.resetsAtMs - nowMs)]);
  }
  return headers;
}

/** `anthropic-ratelimit-*` as Anthropic's SDKs know them (https://platform.claude.com/docs/en/api/rate-limits): resets are instants, RFC 3339. */
export function anthropicLimitHeaders(standings: LimitStandings): Headers {
  const headers: [string, string][] = [];
  for (const [unit, { limit, left, resetsAtMs }] of standings) {
    const name = `anthropic-ratelimit-${unit.replace("_", "-")}`;
    headers.push([`${name}-limit`, limit.toString()]);
    headers.push([`${name}-remaining`, left.toString()]);
    headers.push([`${name}-reset`, new Date(resetsAtMs).toISOString().replace(/\.\d+Z$/, "Z")]);
  }
  return headers;
}

/** A duration as Go writes it, to the millisecond below a second and to the second above. */
function goDuration(ms: number): string {
  const wholeMs = Math.max(0, Math.ceil(ms));
  if (wholeMs < 1_000) return wholeMs === 0 ? "0s" : `${wholeMs}ms`;
  const seconds = Math.ceil(wholeMs / 1_000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  if (hours > 0) return `${hours}h${minutes}m${rest}s`;
  return minutes > 0 ? `${minutes}m${rest}s` : `${rest}s`;
}
