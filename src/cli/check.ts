import { resolve } from "node:path";
import { checkSchema } from "../config/check-schema.ts";
import { loadConfig } from "../config/load.ts";
import { formatProblem } from "../config/problem.ts";
import type { Snapshot } from "../config/snapshot.ts";
import { type RuleChange, ruleChanges } from "../policy/rule-changes.ts";
import { ownEnvoy } from "../xds/envoy-binary.ts";
import { binaryProblem } from "../xds/envoy-version.ts";
import { problemCount, problemsFailure } from "./load-snapshot.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** Options of `tollgate check`. */
export interface CheckOptions {
  readonly json: boolean;
  /** The config in force: what becomes of its limits and budgets is said. */
  readonly against?: string | undefined;
}

/** `tollgate check`: reports every problem of a config at once. Secrets may be missing; those that are set must be valid. Warns of an Envoy here that is too old. */
export async function check(
  terminal: Terminal,
  file: string,
  { json, against }: CheckOptions,
): Promise<void> {
  const loaded = loadConfig(resolve(terminal.cwd, file), terminal.env, undefined, { needed: [] });
  const good = loaded.kind === "snapshot";
  const problems = good ? [] : loaded.problems;
  const absentSecrets = good ? loaded.absentSecrets : [];
  const changes = good && against !== undefined ? changesFrom(terminal, against, loaded.snapshot) : [];
  const warnings = [...(good ? loaded.warnings.map(formatProblem) : []), ...(await envoyWarnings(terminal))];
  if (json)
    terminal.out(
      JSON.stringify({ file, ok: good, problems, absentSecrets, warnings, changes }, undefined, 2),
    );
  if (!good && json) throw new CommandFailure(`${file}: ${problemCount(problems.length)}`);
  if (!good) throw problemsFailure(terminal, file, loaded.problems);
  if (json) return;
  for (const warning of warnings) terminal.err(`warning: ${warning}`);
  for (const secret of absentSecrets) terminal.err(`not checked: ${secret}`);
  for (const { name, kind, why } of changes)
    terminal.out(`${name}: ${kind === "anew" ? "restarts from zero" : "usage continues"}: ${why}`);
  terminal.out(`${file}: ok`);
}

/** The Envoy that `up` would run here may be too old for any config; one that runs elsewhere is not known. */
async function envoyWarnings({ env }: Terminal): Promise<readonly string[]> {
  try {
    const own = ownEnvoy(env);
    const problem =
      own === undefined ? undefined : await binaryProblem(own.path, `${own.source}: ${own.path}`);
    return problem === undefined ? [] : [problem];
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function changesFrom(terminal: Terminal, against: string, snapshot: Snapshot): readonly RuleChange[] {
  const before = loadConfig(resolve(terminal.cwd, against), terminal.env, undefined, { needed: [] });
  if (before.kind === "problems")
    throw new CommandFailure(
      `${against}, the config in force, has ${problemCount(before.problems.length)} of its own`,
    );
  return ruleChanges(before.snapshot.policies, snapshot.policies);
}

/** `tollgate check --schema`: the config's JSON Schema, for editors. */
export function checkSchemaOnly(terminal: Terminal): void {
  terminal.out(JSON.stringify(checkSchema(), undefined, 2));
}
