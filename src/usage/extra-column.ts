import type { Report, ReportRow } from "./groups.ts";
import { monthOf } from "./period.ts";

/** A column that a report has only when asked. Amounts of money are bigint nano-USD, others numbers; null: there is nothing to say. */
export interface ExtraColumn {
  /** In CSV and JSON. */
  readonly name: string;
  readonly title: string;
  of(row: ReportRow): bigint | number | null;
}

/** The cost that bought no answer: retries, failed validations, broken exchanges. */
export const wastedColumn: ExtraColumn = {
  name: "wasted_nano_usd",
  title: "wasted USD",
  of: (row) => row.wastedNanoUsd,
};

/** The cost of the same groups in an earlier period, and its change in percent. */
export function baselineColumns(earlier: Report): readonly ExtraColumn[] {
  const costs = new Map(earlier.rows.map((row) => [JSON.stringify(row.key), row.costNanoUsd]));
  const costOf = ({ key }: ReportRow) =>
    key.length === 0 ? earlier.total.costNanoUsd : (costs.get(JSON.stringify(key)) ?? 0n);
  return [
    { name: "baseline_cost_nano_usd", title: "baseline USD", of: costOf },
    { name: "change_percent", title: "change %", of: (row) => changePercent(costOf(row), row.costNanoUsd) },
  ];
}

/** The projected cost of the groups at the end of the month, at the rate since its beginning; for reports on this month so far. */
export function projectionColumn(nowMs: number, timeZone: string): ExtraColumn {
  const { startMs, endMs } = monthOf(nowMs, timeZone);
  const elapsedMs = BigInt(Math.max(1, Math.round(nowMs - startMs)));
  return {
    name: "projected_nano_usd",
    title: "month's end USD",
    of: (row) => (row.costNanoUsd * BigInt(endMs - startMs)) / elapsedMs,
  };
}

/** To a tenth; null where there was nothing before. */
function changePercent(before: bigint, now: bigint): number | null {
  return before === 0n ? null : Number(((now - before) * 1_000n) / before) / 10;
}
