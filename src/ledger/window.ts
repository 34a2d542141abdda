import { unreachable } from "../core/errors.ts";
import type { Period, Window } from "./ledger.ts";
import { instantOf, localMs, offsetChange } from "./local-time.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** From the first instant of a window to the first after it. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** The calendar window that an instant is in. Windows of one rule follow each other without gap; days have 23 to 25 hours. */
export function calendarSpan(period: Period, timeZone: string, atMs: number): Span {
  if (period === "hour") return hourSpan(timeZone, atMs);
  const local = localMs(timeZone, atMs);
  const today = local - modulo(local, dayMs);
  switch (period) {
    case "day":
      return span(timeZone, today, today + dayMs);
    case "week": {
      // 1970-01-01 was a Thursday, three days after a Monday.
      const monday = today - modulo(today / dayMs + 3, 7) * dayMs;
      return span(timeZone, monday, monday + 7 * dayMs);
    }
    case "month": {
      const date = new Date(today);
      const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
      return span(timeZone, Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1));
    }
    default:
      return unreachable(period);
  }
}

/** A rolling window is kept in this many slices: what was used lapses at most one slice late, never early. */
export const rollingSlices = 30;

/** The length of one slice of a rolling window, whole milliseconds. */
export function sliceLengthMs(lengthMs: number): number {
  return Math.max(1, Math.ceil(lengthMs / rollingSlices));
}

/** A window in one word, as account ids carry it. */
export function formatWindow(window: Window): string {
  switch (window.kind) {
    case "bucket":
      return `${window.lengthMs}ms`;
    case "calendar":
      return `${window.period}@${window.timeZone}`;
    case "rolling":
      return `rolling-${window.lengthMs}ms`;
    case "open":
      return "open";
    default:
      return unreachable(window);
  }
}

function span(timeZone: string, startLocalMs: number, endLocalMs: number): Span {
  return { startMs: instantOf(timeZone, startLocalMs), endMs: instantOf(timeZone, endLocalMs) };
}

/** Hours go by the offset in force, so that the hour that the clocks repeat is a window of its own. */
function hourSpan(timeZone: string, atMs: number): Span {
  const startMs = atMs - modulo(localMs(timeZone, atMs), hourMs);
  const endMs = startMs + hourMs;
  // Lord Howe's clocks change by half an hour: an hour ends where they do.
  const offset = localMs(timeZone, atMs) - atMs;
  return {
    startMs:
      localMs(timeZone, startMs) - startMs === offset ? startMs : offsetChange(timeZone, startMs, atMs),
    endMs: localMs(timeZone, endMs) - endMs === offset ? endMs : offsetChange(timeZone, atMs, endMs),
  };
}

function modulo(value: number, divisor: number): number {
  return ((value % divisor) + divisor) % divisor;
}
