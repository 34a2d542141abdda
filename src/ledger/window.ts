import { unreachable } from "../core/errors.ts";
import { instantOf, localMs, offsetChange } from "../core/local-time.ts";
import type { CalendarWindow, Period, Window } from "./ledger.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** From the first instant of a window to the first after it. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** The calendar window that an instant is in. Windows of one rule follow each other without gap; days have 23 to 25 hours. */
export function calendarSpan(window: CalendarWindow, atMs: number): Span {
  const { period, timeZone, resetDay = 1, resetHour = 0 } = window;
  if (period === "hour") return hourSpan(timeZone, atMs);
  const offsetMs = resetHour * hourMs;
  // The local time if days began at the reset hour.
  const local = localMs(timeZone, atMs) - offsetMs;
  const today = local - modulo(local, dayMs);
  const between = (startMs: number, endMs: number) => span(timeZone, startMs + offsetMs, endMs + offsetMs);
  switch (period) {
    case "day":
      return between(today, today + dayMs);
    case "week": {
      // 1970-01-01 was a Thursday, three days after a Monday.
      const first = today - modulo(today / dayMs + 4 - resetDay, 7) * dayMs;
      return between(first, first + 7 * dayMs);
    }
    case "month": {
      const date = new Date(today);
      const month = date.getUTCMonth() - (date.getUTCDate() < resetDay ? 1 : 0);
      const year = date.getUTCFullYear();
      return between(Date.UTC(year, month, resetDay), Date.UTC(year, month + 1, resetDay));
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

const periodMs: Readonly<Record<Period, number>> = {
  hour: hourMs,
  day: dayMs,
  week: 7 * dayMs,
  month: 30 * dayMs,
};

/** About how long a window is, to compare two; 0 for concurrency. */
export function roughLengthMs(window: Window): number {
  if (window.kind === "open") return 0;
  return window.kind === "calendar" ? periodMs[window.period] : window.lengthMs;
}

/** True if usage of one window carries over into another that replaces it: money and quotas do, into windows as long or longer. */
export function carriesInto(before: Window, after: Window): boolean {
  const counts = ({ kind }: Window) => kind === "calendar" || kind === "rolling";
  return counts(before) && counts(after) && roughLengthMs(before) <= roughLengthMs(after);
}

/** A window in one word, as account ids carry it. */
export function formatWindow(window: Window): string {
  switch (window.kind) {
    case "bucket":
      return `${window.lengthMs}ms`;
    case "calendar":
      return `${window.period}${formatReset(window)}@${window.timeZone}`;
    case "rolling":
      return `rolling-${window.lengthMs}ms`;
    case "open":
      return "open";
    default:
      return unreachable(window);
  }
}

/** E.g. `-15T06` for what begins on the 15th at six. */
function formatReset({ resetDay, resetHour }: CalendarWindow): string {
  const day = resetDay === undefined ? "" : `-${resetDay}`;
  return resetHour === undefined ? day : `${day}T${String(resetHour).padStart(2, "0")}`;
}

function span(timeZone: string, startLocalMs: number, endLocalMs: number): Span {
  return { startMs: instantOf(timeZone, startLocalMs), endMs: instantOf(timeZone, endLocalMs) };
}

/** Hours follow the offset in force, so that the hour that the clocks repeat is a separate window. */
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
