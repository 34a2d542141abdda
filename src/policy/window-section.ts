import { z } from "zod";
import { parseDurationMs } from "../core/duration.ts";
import { isTimeZone } from "../core/local-time.ts";
import type { CalendarWindow, Period, Window } from "../ledger/ledger.ts";

const periods: readonly string[] = ["hour", "day", "week", "month"] satisfies Period[];
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const longestMs = 366 * dayMs;

/** An IANA time zone; where its windows begin. */
export const timezone = z
  .string()
  .refine(isTimeZone, "must be an IANA time zone, e.g. UTC or Europe/Berlin")
  .describe("Time zone of calendar windows; default: UTC. Days have 23 to 25 hours when clocks change.")
  .optional();

const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;

/** Where the windows of a rule begin. */
export const resetShape = {
  timezone,
  resetDay: z
    .union([z.int().min(1).max(28), z.enum(weekdays)], { error: "must be 1 to 28, or monday to sunday" })
    .describe("The day that a month (1 to 28) or a week (`monday` to `sunday`) begins on.")
    .optional(),
  resetHour: z
    .int()
    .min(0)
    .max(23)
    .describe("The hour that a day, a week or a month begins at, in `timezone`.")
    .optional(),
};

/** Where a rule's windows begin, as the config says. */
export type Reset = z.output<z.ZodObject<typeof resetShape>>;

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

/** True if a `timezone` matters to a window: only calendar windows have a beginning. */
export function isPeriod(text: string): text is Period {
  return periods.includes(text);
}

/** The window of a budget or a quota: the calendar's, or the last so many hours or days. */
export function quotaWindow(text: string, reset: Reset): Window {
  if (isPeriod(text)) return calendarWindow(text, reset);
  return { kind: "rolling", lengthMs: parseDurationMs(text) ?? 0 };
}

/** The window of a limit: up to an hour a rate, which refills evenly; a longer one is a quota. */
export function limitWindow(text: string, reset: Reset): Window {
  const lengthMs = parseDurationMs(text) ?? Number.POSITIVE_INFINITY;
  return lengthMs <= hourMs ? { kind: "bucket", lengthMs } : quotaWindow(text, reset);
}

/** Notes a reset that could never apply to windows of this kind. */
export function* resetProblems(
  windows: readonly string[],
  { timezone: zone, resetDay, resetHour }: Reset,
): Generator<{ readonly key: keyof Reset; readonly message: string }> {
  if (zone !== undefined && !windows.some(isPeriod))
    yield { key: "timezone", message: "means something only with window hour, day, week or month" };
  if (typeof resetDay === "number" && !windows.includes("month"))
    yield { key: "resetDay", message: "a day of the month means something only with window month" };
  if (typeof resetDay === "string" && !windows.includes("week"))
    yield { key: "resetDay", message: "a day of the week means something only with window week" };
  if (resetHour !== undefined && !windows.some((text) => isPeriod(text) && text !== "hour"))
    yield { key: "resetHour", message: "means something only with window day, week or month" };
}

/** A day of the month begins months alone, a weekday weeks. */
function calendarWindow(
  period: Period,
  { timezone: zone = "UTC", resetDay, resetHour }: Reset,
): CalendarWindow {
  const day = dayOf(period, resetDay);
  return {
    kind: "calendar",
    period,
    timeZone: zone,
    ...(day === undefined || day === 1 ? undefined : { resetDay: day }),
    ...(resetHour === undefined || resetHour === 0 || period === "hour" ? undefined : { resetHour }),
  };
}

function dayOf(period: Period, resetDay: Reset["resetDay"]): number | undefined {
  if (typeof resetDay === "string") return period === "week" ? weekdays.indexOf(resetDay) + 1 : undefined;
  return period === "month" ? resetDay : undefined;
}

function isLength(ms: number | undefined): boolean {
  return ms !== undefined && ms >= 1_000 && ms <= longestMs;
}
