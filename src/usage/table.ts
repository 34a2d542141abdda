import { largest } from "../core/extremes.ts";
import { formatUsd } from "../core/money.ts";
import type { ExtraColumn } from "./extra-column.ts";
import type { Report, ReportRow } from "./groups.ts";
import { label } from "./label.ts";

/** A report as an aligned table that ends with the total. */
export function formatTable(report: Report, extras: readonly ExtraColumn[]): string {
  const head = [...report.by, "exchanges", "input tokens", "output tokens", "cost USD"];
  const cells = report.rows.map((row) => tableCells(row, row.key.map(label), extras));
  const total = tableCells(
    report.total,
    report.by.map((_, at) => (at === 0 ? "total" : "")),
    extras,
  );
  const titles = [...head, ...extras.map((extra) => extra.title)];
  const lines = report.by.length === 0 ? [titles, total] : [titles, ...cells, total];
  const widths = titles.map((_, at) => largest(lines.map((line) => line[at]?.length ?? 0)));
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

function tableCells(
  row: ReportRow,
  key: readonly string[],
  extras: readonly ExtraColumn[],
): readonly string[] {
  return [
    ...key,
    grouped(row.exchanges),
    grouped(row.inputTokens),
    grouped(row.outputTokens),
    formatUsd(row.costNanoUsd),
    ...extras.map((extra) => extraCell(extra.of(row))),
  ];
}

function extraCell(value: bigint | number | null): string {
  if (value === null) return "–";
  return typeof value === "bigint" ? formatUsd(value) : value.toString();
}

function grouped(count: number): string {
  return count.toString().replace(/\B(?=(\d{3})+$)/g, ",");
}
