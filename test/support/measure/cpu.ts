import { execFileSync, spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** A processor, by its number, or undefined where processes cannot be kept apart: on one core, or without `taskset`. */
export type Cpu = number | undefined;

const apart = availableParallelism() > 1 && spawnSync("taskset", ["--version"]).status === 0;

/** The processor of what is measured, and that of everything else. */
export const measuredCpu: Cpu = apart ? 1 : undefined;
export const otherCpu: Cpu = apart ? 0 : undefined;

/** A command that runs on this processor alone. */
export function onCpu(
  cpu: Cpu,
  command: string,
  args: readonly string[],
): [command: string, args: readonly string[]] {
  return cpu === undefined ? [command, args] : ["taskset", ["-c", String(cpu), command, ...args]];
}

const hasIdleClass = spawnSync("chrt", ["--idle", "0", "true"]).status === 0;

/** A command that runs while nobody else wants its processor; where that cannot be said, an ordinary one. */
export function whenIdle(
  command: string,
  args: readonly string[],
): [command: string, args: readonly string[]] {
  return hasIdleClass ? ["chrt", ["--idle", "0", command, ...args]] : [command, args];
}

/** Moves this process, all its threads, to a processor; children started from then on begin there. */
export function moveToCpu(cpu: Cpu): void {
  if (cpu !== undefined) execFileSync("taskset", ["-apc", String(cpu), String(process.pid)]);
}
