import { resolve } from "node:path";
import { parseUsageQuery, type UsageQueryText } from "../admin/usage-query.ts";
import { formatUsageReport, reportUsage, type UsageReport } from "../admin/usage-report.ts";
import { systemClock } from "../core/clock.ts";
import { formatUsd } from "../core/money.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** `tollgate usage`: sums of the usage log, by any fields of the record. */
export async function usage(terminal: Terminal, config: string, text: UsageQueryText): Promise<void> {
  const parsed = parseUsageQuery(text, systemClock.nowMs());
  if (parsed.kind === "problem") throw new CommandFailure(`--${parsed.where} ${parsed.message}`, 2);
  const snapshot = loadSnapshot(terminal, resolve(terminal.cwd, config));
  const made = await reportUsage(snapshot.usageLog.folder, parsed.query);
  terminal.out(formatUsageReport(made).trimEnd());
  if (parsed.query.format === "table" || parsed.query.format === "chart")
    for (const line of summaryLines(made)) terminal.out(line);
  for (const line of notes(made)) terminal.err(line);
}

/** One line each for money that bought no answer and money that nobody can be charged for. */
function summaryLines({ query, report, unattributedNanoUsd }: UsageReport): readonly string[] {
  const { costNanoUsd, wastedNanoUsd } = report.total;
  const line = (title: string, nanoUsd: bigint): string =>
    `${title}: ${formatUsd(nanoUsd)} USD${share(nanoUsd, costNanoUsd)}`;
  return [
    "",
    line("failed and wasted calls", wastedNanoUsd),
    ...(query.by.length === 0 ? [] : [line("unattributed", unattributedNanoUsd)]),
  ];
}

/** To a tenth of a percent; nothing to say where nothing was spent. */
function share(part: bigint, whole: bigint): string {
  return whole === 0n ? "" : ` (${Number((part * 1_000n) / whole) / 10} %)`;
}

function notes({ report, fieldsWithoutValue }: UsageReport): readonly string[] {
  const { unreadableLines: unreadable } = report;
  return [
    ...(report.total.exchanges === 0
      ? ["no exchange was recorded in this period"]
      : fieldsWithoutValue.map((field) => `no record of this period has a value of "${field}"`)),
    ...(unreadable === 0 ? [] : [`${unreadable} lines of the usage log are not records: they are left out`]),
  ];
}
