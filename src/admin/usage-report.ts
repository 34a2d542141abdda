import { appendAll } from "../core/append-all.ts";
import { baselineColumns, type ExtraColumn, projectionColumn, wastedColumn } from "../usage/extra-column.ts";
import { formatFocus } from "../usage/focus.ts";
import { formatReport, topRows } from "../usage/format.ts";
import type { Report } from "../usage/groups.ts";
import { type LogReport, reportLog } from "../usage/report-log.ts";
import type { UsageQuery } from "./usage-query.ts";

/** A report on the usage log with what its query asked for besides. */
export interface UsageReport {
  readonly query: UsageQuery;
  /** The rows to show; the total is that of all. */
  readonly report: LogReport;
  readonly extras: readonly ExtraColumn[];
  /** Spend of all rows that lack a value of one of the fields grouped by. */
  readonly unattributedNanoUsd: bigint;
  /** Fields grouped by that no record of the period has. */
  readonly fieldsWithoutValue: readonly string[];
}

/** Answers a query from a usage log's folder. Throws a RangeError beyond a million groups. */
export async function reportUsage(folder: string, query: UsageQuery): Promise<UsageReport> {
  const { by, sinceMs, untilMs, top } = query;
  const report = await reportLog(folder, { sinceMs, untilMs }, by);
  const extras: ExtraColumn[] = [wastedColumn];
  if (query.baseline) {
    const before = { sinceMs: sinceMs - (untilMs - sinceMs), untilMs: sinceMs };
    appendAll(extras, baselineColumns(await reportLog(folder, before, by)));
  }
  if (query.projection) extras.push(projectionColumn(untilMs, query.timeZone));
  return {
    query,
    report: top === undefined ? report : { ...report, ...topRows(report, top) },
    extras,
    unattributedNanoUsd: unattributedOf(report),
    fieldsWithoutValue: report.by.filter((_, at) => report.rows.every(({ key }) => key[at] === null)),
  };
}

/** A report as text with a last line end, in the format asked for. */
export function formatUsageReport({ query, report, extras }: UsageReport): string {
  return query.format === "focus" ? formatFocus(report) : formatReport(report, query.format, extras);
}

function unattributedOf({ rows }: Report): bigint {
  return rows.reduce((sum, row) => (row.key.includes(null) ? sum + row.costNanoUsd : sum), 0n);
}
