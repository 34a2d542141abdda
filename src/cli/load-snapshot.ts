import { loadConfig } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import type { Snapshot } from "../config/snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** The snapshot of a config file; every problem of a bad one on standard error, and a failure. */
export function loadSnapshot(terminal: Terminal, file: string): Snapshot {
  const loaded = loadConfig(file, terminal.env);
  if (loaded.kind === "snapshot") return loaded.snapshot;
  for (const problem of loaded.problems) terminal.err(formatProblem(problem));
  const count = loaded.problems.length;
  throw new CommandFailure(`${file}: ${count} ${count === 1 ? "problem" : "problems"}`);
}
