import { largest } from "../core/extremes.ts";
import { formatUsd } from "../core/money.ts";
import { timeFieldOf } from "./dimension.ts";
import type { Report } from "./groups.ts";
import { label } from "./label.ts";

const barCells = 40;
const eighths = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** A report's costs as bars, the dearest the longest; periods of time in their order. */
export function formatChart(report: Report): string {
  const byTime = timeFieldOf(report.by[0] ?? "") !== undefined;
  const rows = byTime ? report.rows.toSorted((left, right) => compare(left.key, right.key)) : report.rows;
  const labels = rows.map((row) => row.key.map(label).join("  "));
  const width = Math.max(0, largest(labels.map((text) => text.length)));
  const most = rows.reduce((max, row) => (row.costNanoUsd > max ? row.costNanoUsd : max), 1n);
  return rows
    .map((row, at) => {
      const bar = barOf(row.costNanoUsd, most);
      return `${(labels[at] ?? "").padEnd(width)}  ${bar}${bar === "" ? "" : " "}${formatUsd(row.costNanoUsd)}\n`;
    })
    .join("");
}

function barOf(cost: bigint, most: bigint): string {
  const length = Number((cost * BigInt(barCells * 8)) / most);
  return "█".repeat(Math.floor(length / 8)) + (eighths[length % 8] ?? "");
}

function compare(left: readonly (string | null)[], right: readonly (string | null)[]): number {
  return left.join("\0") < right.join("\0") ? -1 : 1;
}
