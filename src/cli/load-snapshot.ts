import { type LoadedConfig, loadConfig } from "../config/load.ts";
import { formatProblem, type Problem } from "../config/problem.ts";
import type { SecretsNeeded } from "../config/references.ts";
import type { Snapshot } from "../config/snapshot.ts";
import { type Log, silentLog } from "../core/log.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** A config without problems. */
export type GoodConfig = Extract<LoadedConfig, { kind: "snapshot" }>;

/** The config of a file; every problem of a bad one on standard error, and a failure. Without the secrets that are not `needed` it serves nobody. */
export function loadGood(
  terminal: Terminal,
  file: string,
  needed: SecretsNeeded = "all",
  log: Log = silentLog,
): GoodConfig {
  const loaded = loadConfig(file, terminal.env, undefined, { needed, log });
  if (loaded.kind === "snapshot") return loaded;
  throw problemsFailure(terminal, file, loaded.problems);
}

/** The snapshot of a config file for a command that asks no provider. Only the `needed` secrets must be set. */
export function loadSnapshot(terminal: Terminal, file: string, needed: SecretsNeeded = []): Snapshot {
  return loadGood(terminal, file, needed).snapshot;
}

/** Says each problem on its line, and returns the failure to end with. A file that cannot be read is one line in all. */
export function problemsFailure(
  terminal: Terminal,
  file: string,
  problems: readonly [Problem, ...Problem[]],
): CommandFailure {
  const [first, ...others] = problems;
  if (others.length === 0 && first.kind === "unreadable") return new CommandFailure(first.message);
  for (const problem of problems) terminal.err(formatProblem(problem));
  return new CommandFailure(`${file}: ${problemCount(problems.length)}`);
}

/** "1 problem", "3 problems". */
export function problemCount(count: number): string {
  return `${count} ${count === 1 ? "problem" : "problems"}`;
}
