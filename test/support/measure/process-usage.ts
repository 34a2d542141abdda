import { readFileSync } from "node:fs";

/** What a process has used. */
export interface ProcessUsage {
  /** CPU time of all its threads so far, in steps of 10 ms. */
  readonly cpuMicros: number;
  /** Memory resident now. */
  readonly rssBytes: number;
}

/** What the kernel says of a running process (proc(5), `stat`). */
export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { cpuMicros: ticks * 10_000, rssBytes: Number(fields[21]) * 4_096 };
}
