import { resolve } from "node:path";
import { systemClock } from "../core/clock.ts";
import { formatReport, type ReportFormat } from "../usage/format.ts";
import { parsePointMs } from "../usage/period.ts";
import { reportLog } from "../usage/report-log.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** What `tollgate usage` is asked for. */
export interface UsageOptions {
  readonly config: string;
  readonly by: string;
  readonly since: string;
  readonly format: ReportFormat;
}

/** `tollgate usage`: sums of the usage log, by any fields of the record. */
export async function usage(terminal: Terminal, options: UsageOptions): Promise<void> {
  const sinceMs = parsePointMs(options.since, systemClock.nowMs());
  if (sinceMs === undefined)
    throw new CommandFailure("--since is a period like 24h or 7d, or a date like 2026-01-31", 2);
  const { usageLog } = loadSnapshot(terminal, resolve(terminal.cwd, options.config));
  const by = options.by
    .split(",")
    .map((field) => field.trim())
    .filter((field) => field !== "");
  const sums = await reportLog(usageLog.folder, { sinceMs }, by);
  terminal.out(formatReport(sums, options.format).trimEnd());
  if (sums.unreadableLines > 0)
    terminal.err(`${sums.unreadableLines} lines of ${usageLog.folder} could not be read as records`);
}
