import { formatChart } from "./chart.ts";
import { csvLines } from "./csv.ts";
import type { ExtraColumn } from "./extra-column.ts";
import type { Report } from "./groups.ts";
import { formatTable } from "./table.ts";

/** The formats of a report. */
export const reportFormats = ["table", "csv", "json", "chart"] as const;

/** One of {@link reportFormats}. */
export type ReportFormat = (typeof reportFormats)[number];

/**
 * A report as text with a last line end: an aligned table or bars for people, rows for programs. Money for programs is integer nano-USD
 * in decimal.
 */
export function formatReport(
  report: Report,
  format: ReportFormat,
  extras: readonly ExtraColumn[] = [],
): string {
  switch (format) {
    case "table":
      return formatTable(report, extras);
    case "csv":
      return formatCsv(report, extras);
    case "json":
      return `${JSON.stringify(reportRows(report, extras), undefined, 2)}\n`;
    case "chart":
      return formatChart(report);
  }
}

/** Rows as the JSON format and the admin API give them: a key for each field grouped by, then the sums. */
export function reportRows(
  report: Report,
  extras: readonly ExtraColumn[] = [],
): readonly Readonly<Record<string, string | number | null>>[] {
  return report.rows.map((row) => ({
    ...Object.fromEntries(report.by.map((field, at) => [field, row.key[at] ?? null])),
    exchanges: row.exchanges,
    input_tokens: row.inputTokens,
    output_tokens: row.outputTokens,
    cost_nano_usd: row.costNanoUsd.toString(),
    ...Object.fromEntries(extras.map((extra) => [extra.name, plain(extra.of(row))])),
  }));
}

/** The dearest rows alone; the total stays that of all. */
export function topRows(report: Report, most: number): Report {
  return { ...report, rows: report.rows.slice(0, most) };
}

function plain(value: bigint | number | null): string | number | null {
  return typeof value === "bigint" ? value.toString() : value;
}

function formatCsv(report: Report, extras: readonly ExtraColumn[]): string {
  const head = [...report.by, "exchanges", "input_tokens", "output_tokens", "cost_nano_usd"];
  const rows = report.rows.map((row) => [
    ...row.key.map((value) => value ?? ""),
    row.exchanges,
    row.inputTokens,
    row.outputTokens,
    row.costNanoUsd,
    ...extras.map((extra) => extra.of(row) ?? ""),
  ]);
  return csvLines([[...head, ...extras.map((extra) => extra.name)], ...rows]);
}
