import { z } from "zod";
import { parseDurationMs } from "../core/duration.ts";
import type { Period, Window } from "../ledger/ledger.ts";
import { isTimeZone } from "../ledger/local-time.ts";

const periods: readonly string[] = ["hour", "day", "week", "month"] satisfies Period[];
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const longestMs = 366 * dayMs;

/** An IANA time zone; where its windows begin. */
export const timezone = z
  .string()
  .refine(isTimeZone, "must be an IANA time zone, e.g. UTC or Europe/Berlin")
  .describe(
    "Where the calendar's windows begin and end; UTC where nothing is said. Days have 23 to 25 hours where clocks change.",
  )
  .optional();

/** `hour`, `day`, `week` or `month`, or a duration with its unit. */
export const windowText = z
  .string()
  .refine(
    (text) => isPeriod(text) || isLength(parseDurationMs(text)),
    "must be hour, day, week, month, or a duration from 1s to 366d, e.g. 1m or 30d",
  )
  .describe(
    "`hour`, `day`, `week` or `month` of the calendar in `timezone`; or a duration from 1s to 366d. A limit of up to 1h is a rate that refills " +
      "evenly; longer ones, and those of budgets, roll: what was used counts for the duration, and for up to a thirtieth of it longer (30d: by " +
      "days), never for less.",
  );

/** Whether a `timezone` says anything about a window: only calendar windows begin somewhere. */
export function isPeriod(text: string): text is Period {
  return periods.includes(text);
}

/** The window of a budget or a quota: the calendar's, or the last so many hours or days. */
export function quotaWindow(text: string, timeZone: string | undefined): Window {
  if (isPeriod(text)) return { kind: "calendar", period: text, timeZone: timeZone ?? "UTC" };
  return { kind: "rolling", lengthMs: parseDurationMs(text) ?? 0 };
}

/** The window of a limit: up to an hour a rate, which refills evenly; a longer one is a quota. */
export function limitWindow(text: string, timeZone: string | undefined): Window {
  const lengthMs = parseDurationMs(text) ?? Number.POSITIVE_INFINITY;
  return lengthMs <= hourMs ? { kind: "bucket", lengthMs } : quotaWindow(text, timeZone);
}

/** About how long a window is, to compare two. */
export function roughLengthMs(text: string): number {
  const rough: Readonly<Record<Period, number>> = {
    hour: hourMs,
    day: dayMs,
    week: 7 * dayMs,
    month: 30 * dayMs,
  };
  return isPeriod(text) ? rough[text] : (parseDurationMs(text) ?? 0);
}

function isLength(ms: number | undefined): boolean {
  return ms !== undefined && ms >= 1_000 && ms <= longestMs;
}
