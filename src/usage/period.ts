import { parseDurationMs } from "../core/duration.ts";
import { instantOf, localMs } from "../core/local-time.ts";

/**
 * A point in time as people give it: a duration before now (`7d`, `12h`), or a date with or without a time, in `timeZone` unless it says.
 * Undefined for anything else.
 */
export function parsePointMs(text: string, nowMs: number, timeZone = "UTC"): number | undefined {
  const agoMs = parseDurationMs(text);
  if (agoMs !== undefined) return nowMs - agoMs;
  if (!/^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?)?$/.test(text))
    return undefined;
  const saysZone = /T.*(Z|[+-]\d{2}:\d{2})$/.test(text);
  const atMs = Date.parse(saysZone || !text.includes("T") ? text : `${text}Z`);
  if (Number.isNaN(atMs)) return undefined;
  return saysZone ? atMs : instantOf(timeZone, atMs);
}

/** The calendar month of a time, in a time zone. */
export function monthOf(
  atMs: number,
  timeZone = "UTC",
): { readonly startMs: number; readonly endMs: number } {
  const at = new Date(localMs(timeZone, atMs));
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  return {
    startMs: instantOf(timeZone, Date.UTC(year, month)),
    endMs: instantOf(timeZone, Date.UTC(year, month + 1)),
  };
}
