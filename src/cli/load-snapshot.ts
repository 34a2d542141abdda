import { type LoadedConfig, loadConfig } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import type { Snapshot } from "../config/snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** A config without problems. */
export type GoodConfig = Extract<LoadedConfig, { kind: "snapshot" }>;

/** The config of a file; every problem of a bad one on standard error, and a failure. */
export function loadGood(terminal: Terminal, file: string): GoodConfig {
  const loaded = loadConfig(file, terminal.env);
  if (loaded.kind === "snapshot") return loaded;
  for (const problem of loaded.problems) terminal.err(formatProblem(problem));
  throw new CommandFailure(`${file}: ${problemCount(loaded.problems.length)}`);
}

/** The snapshot of a config file, as {@link loadGood} loads it. */
export function loadSnapshot(terminal: Terminal, file: string): Snapshot {
  return loadGood(terminal, file).snapshot;
}

/** "1 problem", "3 problems". */
export function problemCount(count: number): string {
  return `${count} ${count === 1 ? "problem" : "problems"}`;
}
