import { resolve } from "node:path";
import { checkSchema } from "../config/check-schema.ts";
import { loadConfig } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import { problemCount } from "./load-snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** `tollgate check`: every problem of a config at once. */
export function check(terminal: Terminal, file: string, json: boolean): void {
  const loaded = loadConfig(resolve(terminal.cwd, file), terminal.env);
  const problems = loaded.kind === "problems" ? loaded.problems : [];
  if (json) terminal.out(JSON.stringify({ file, ok: problems.length === 0, problems }, undefined, 2));
  else for (const problem of problems) terminal.err(formatProblem(problem));
  if (problems.length > 0) throw new CommandFailure(`${file}: ${problemCount(problems.length)}`);
  if (!json) terminal.out(`${file}: ok`);
}

/** `tollgate check --schema`: the config's JSON Schema, for editors. */
export function checkSchemaOnly(terminal: Terminal): void {
  terminal.out(JSON.stringify(checkSchema(), undefined, 2));
}
