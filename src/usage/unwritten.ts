import type { Log } from "../core/log.ts";

/** Lines that are logged one by one. */
const linesLogged = 1_000;

/** Tells of the lines that the disk did not take before the process ends: its log is the last place for them. */
export function logUnwritten(log: Log, lines: readonly string[], cause: string | undefined): void {
  if (lines.length === 0) return;
  for (const line of lines.slice(0, linesLogged))
    log.error(
      { usage_record: line },
      "a usage record could not be written to disk: this line is its only copy",
    );
  log.error({ records: lines.length, cause }, "usage records could not be written to disk before the end");
}
