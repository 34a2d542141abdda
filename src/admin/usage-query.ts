import { isTimeZone } from "../core/local-time.ts";
import { inTimeZone } from "../usage/dimension.ts";
import { focusDimensions } from "../usage/focus.ts";
import { type ReportFormat, reportFormats } from "../usage/format.ts";
import { monthOf, parsePointMs } from "../usage/period.ts";

/** The formats of a report on the usage log. */
export const usageFormats = [...reportFormats, "focus"] as const;

/** A report on the usage log as the command line and the admin API ask for it. */
export interface UsageQuery {
  readonly by: readonly string[];
  readonly sinceMs: number;
  /** Not past the moment of asking. */
  readonly untilMs: number;
  /** Number of the dearest rows to show. Undefined for all. */
  readonly top: number | undefined;
  /** Beside each row what the same group cost in the equally long period before. */
  readonly baseline: boolean;
  /** Beside each row what it will have cost at the month's end. */
  readonly projection: boolean;
  readonly format: ReportFormat | "focus";
  /** Where days, months and dates without a zone begin; IANA. */
  readonly timeZone: string;
}

/** The same as written; absent: the default. Flags are `true` or empty, or absent. */
export interface UsageQueryText {
  readonly by?: string | undefined;
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly top?: string | undefined;
  readonly baseline?: string | undefined;
  readonly project?: string | undefined;
  readonly format?: string | undefined;
  readonly timezone?: string | undefined;
}

/** A query, or what is wrong with which of its parameters. */
export type ParsedUsageQuery =
  | { readonly kind: "query"; readonly query: UsageQuery }
  | { readonly kind: "problem"; readonly where: keyof UsageQueryText; readonly message: string };

/** Defaults of a query. */
export const usageDefaults = { by: "tenant_id,requested_model", since: "30d" } as const;

const fieldsMax = 8;
const fieldName = /^[a-z][a-z0-9_]{0,39}$/;
const topMax = 100_000;

/** Reads a query; the first thing that is wrong with it ends that. */
export function parseUsageQuery(text: UsageQueryText, nowMs: number): ParsedUsageQuery {
  const problem = (where: keyof UsageQueryText, message: string): ParsedUsageQuery => ({
    kind: "problem",
    where,
    message,
  });
  const format = usageFormats.find((name) => name === (text.format ?? "table"));
  if (format === undefined) return problem("format", `must be one of ${usageFormats.join(", ")}`);
  if (format === "focus" && text.by !== undefined)
    return problem("by", "must be left out with format focus, which has groups of its own");
  const by = format === "focus" ? focusDimensions : fieldsOf(text.by ?? usageDefaults.by);
  if (by.length > fieldsMax || !by.every((field) => fieldName.test(field)))
    return problem("by", `must be up to ${fieldsMax} names of record fields, separated by commas`);
  for (const flag of ["baseline", "project"] as const)
    if (!["", "true", undefined].includes(text[flag]))
      return problem(flag, "is there or not: it has no value");
  const timeZone = text.timezone ?? "UTC";
  if (!isTimeZone(timeZone)) return problem("timezone", "must be an IANA time zone, e.g. Europe/Berlin");
  if (format === "focus" && timeZone !== "UTC")
    return problem("timezone", "must be left out with format focus, whose days are UTC");
  const monthStartMs = monthOf(nowMs, timeZone).startMs;
  const since = text.since ?? (text.project === undefined ? usageDefaults.since : "month");
  const sinceMs = since === "month" ? monthStartMs : parsePointMs(since, nowMs, timeZone);
  if (sinceMs === undefined) return problem("since", `must be "month", ${pointMessage}`);
  const untilMs = text.until === undefined ? nowMs : parsePointMs(text.until, nowMs, timeZone);
  if (untilMs === undefined) return problem("until", `must be ${pointMessage}`);
  if (untilMs <= sinceMs) return problem("until", "must be later than since");
  if (text.project !== undefined && (sinceMs !== monthStartMs || text.until !== undefined))
    return problem("project", "goes by this month so far: leave out since and until");
  const top = text.top === undefined ? undefined : Number(text.top);
  if (top !== undefined && !(/^\d{1,6}$/.test(text.top ?? "") && top >= 1 && top <= topMax))
    return problem("top", `must be a number from 1 to ${topMax}`);
  const query = {
    by: inTimeZone(by, timeZone),
    timeZone,
    sinceMs,
    untilMs: Math.min(untilMs, nowMs),
    top,
    format,
  };
  return {
    kind: "query",
    query: { ...query, baseline: text.baseline !== undefined, projection: text.project !== undefined },
  };
}

const pointMessage = "a period like 24h or 7d, or a date like 2026-01-31 or 2026-01-31T12:00Z";

function fieldsOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((field) => field.trim())
    .filter((field) => field !== "");
}
