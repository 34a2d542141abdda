import { formatUsd } from "../core/money.ts";
import type { Report, ReportRow } from "./groups.ts";

/** How a report can be written. */
export const reportFormats = ["table", "csv", "json"] as const;

/** One of {@link reportFormats}. */
export type ReportFormat = (typeof reportFormats)[number];

/** A report as text with a last line end: an aligned table for people, or rows for programs. Money for programs is integer nano-USD in decimal. */
export function formatReport(report: Report, format: ReportFormat): string {
  switch (format) {
    case "table":
      return formatTable(report);
    case "csv":
      return formatCsv(report);
    case "json":
      return `${JSON.stringify(reportRows(report), undefined, 2)}\n`;
  }
}

/** Rows as the JSON format and the admin API give them: a key for each field grouped by, then the sums. */
export function reportRows(report: Report): readonly Readonly<Record<string, string | number | null>>[] {
  return report.rows.map((row) => ({
    ...Object.fromEntries(report.by.map((field, at) => [field, row.key[at] ?? null])),
    exchanges: row.exchanges,
    input_tokens: row.inputTokens,
    output_tokens: row.outputTokens,
    cost_nano_usd: row.costNanoUsd.toString(),
  }));
}

function formatCsv(report: Report): string {
  const head = [...report.by, "exchanges", "input_tokens", "output_tokens", "cost_nano_usd"];
  const rows = report.rows.map((row) => [
    ...row.key.map((value) => value ?? ""),
    row.exchanges,
    row.inputTokens,
    row.outputTokens,
    row.costNanoUsd,
  ]);
  return [head, ...rows].map((cells) => `${cells.map(csvCell).join(",")}\r\n`).join("");
}

/** RFC 4180; a cell that a spreadsheet would run as a formula gets a quote mark before it. */
function csvCell(value: string | number | bigint): string {
  const text = typeof value === "string" && /^[=+\-@\t\r]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function formatTable(report: Report): string {
  const head = [...report.by, "exchanges", "input tokens", "output tokens", "cost USD"];
  const cells = report.rows.map((row) =>
    tableCells(
      row,
      row.key.map((value) => value ?? "–"),
    ),
  );
  const total = tableCells(
    report.total,
    report.by.map((_, at) => (at === 0 ? "total" : "")),
  );
  const lines = report.by.length === 0 ? [head, total] : [head, ...cells, total];
  const widths = head.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, at) =>
          at < report.by.length ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0),
        )
        .join("  ")
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join("");
}

function tableCells(row: ReportRow, key: readonly string[]): readonly string[] {
  return [
    ...key.map(printable),
    grouped(row.exchanges),
    grouped(row.inputTokens),
    grouped(row.outputTokens),
    formatUsd(row.costNanoUsd),
  ];
}

/** Values come from requests: nothing in them may steer a terminal. */
function printable(text: string): string {
  return text.replace(/\p{C}/gu, "�");
}

function grouped(count: number): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}
