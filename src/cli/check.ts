import { resolve } from "node:path";
import { loadConfig } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** `tollgate check`: every problem of a config at once, or its JSON Schema. */
export function check(
  terminal: Terminal,
  file: string,
  options: { readonly schema: boolean; readonly json: boolean },
): void {
  const path = resolve(terminal.cwd, file);
  const loaded = loadConfig(path, terminal.env);
  const problems = loaded.kind === "problems" ? loaded.problems : [];
  if (options.json) terminal.out(JSON.stringify({ file, ok: problems.length === 0, problems }, undefined, 2));
  else for (const problem of problems) terminal.err(formatProblem(problem));
  if (problems.length > 0)
    throw new CommandFailure(`${file}: ${problems.length} ${problems.length === 1 ? "problem" : "problems"}`);
  if (!options.json) terminal.out(`${file}: ok`);
}
