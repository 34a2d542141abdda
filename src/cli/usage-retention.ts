import { resolve } from "node:path";
import type { UsageLogConfig } from "../config/snapshot.ts";
import { systemClock } from "../core/clock.ts";
import { parsePointMs } from "../usage/period.ts";
import { compressSegments } from "../usage/retention/compress.ts";
import { eraseSubject } from "../usage/retention/erase.ts";
import { exportParquet } from "../usage/retention/export-parquet.ts";
import { removeSegments } from "../usage/retention/remove.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** `tollgate usage compress`: compresses what nobody writes or has still to deliver. */
export async function usageCompress(terminal: Terminal, config: string): Promise<void> {
  const { folder, sinks } = usageLogOf(terminal, config);
  terminal.out(`${countOf(await compressSegments(folder, sinks), "segment")} compressed`);
}

/** `tollgate usage remove`: removes what was written before a time, and nobody has still to deliver. */
export async function usageRemove(terminal: Terminal, config: string, before: string): Promise<void> {
  const beforeMs = parsePointMs(before, systemClock.nowMs());
  if (beforeMs === undefined)
    throw new CommandFailure("--before must be a period like 90d, or a date like 2026-01-31", 2);
  const { folder, sinks } = usageLogOf(terminal, config);
  terminal.out(`${countOf(await removeSegments(folder, sinks, beforeMs), "segment")} removed`);
}

/** `tollgate usage erase`: takes what tells who they are about out of a subject's records. */
export async function usageErase(terminal: Terminal, config: string, subject: string): Promise<void> {
  const [, field, value] = /^([a-z][a-z0-9_]*)=(.+)$/s.exec(subject) ?? [];
  if (field === undefined || value === undefined)
    throw new CommandFailure("the subject must be FIELD=VALUE, e.g. user_id=bob", 2);
  const { folder, sinks } = usageLogOf(terminal, config);
  const { records, pendingSegments } = await eraseSubject(folder, sinks, { field, value });
  terminal.out(`${countOf(records, "record")} erased`);
  if (pendingSegments > 0)
    terminal.err(
      `${countOf(pendingSegments, "segment")} still being written or delivered and not changed: erase again after the hour`,
    );
}

/** `tollgate usage export`: the log's records as one Parquet file. */
export async function usageExport(
  terminal: Terminal,
  options: { readonly config: string; readonly parquet: string; readonly since?: string | undefined },
): Promise<void> {
  const { since } = options;
  const sinceMs = since === undefined ? undefined : parsePointMs(since, systemClock.nowMs());
  if (since !== undefined && sinceMs === undefined)
    throw new CommandFailure("--since must be a period like 90d, or a date like 2026-01-31", 2);
  const { folder } = usageLogOf(terminal, options.config);
  const records = await exportParquet(folder, { sinceMs }, resolve(terminal.cwd, options.parquet));
  terminal.out(`${countOf(records, "record")} written to ${options.parquet}`);
}

function usageLogOf(terminal: Terminal, config: string): { folder: string; sinks: readonly string[] } {
  const { folder, sinks }: UsageLogConfig = loadSnapshot(terminal, resolve(terminal.cwd, config)).usageLog;
  return { folder, sinks: sinks.map((sink) => sink.name) };
}

function countOf(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
