import type { ContractReader } from "../contract/contract.ts";
import { policyKinds } from "../policy/index.ts";
import type { Policy } from "../policy/policy.ts";
import type { PolicyKind } from "../policy/policy-kind.ts";
import { planFields } from "../policy/rule-section.ts";
import { type Compilation, entriesOf, listOf } from "./compilation.ts";
import { covers } from "./compile-rules.ts";
import { parseSection } from "./parse-section.ts";
import type { Path } from "./problem.ts";
import { didYouMean } from "./suggest.ts";
import { isUnavailableKey } from "./unavailable.ts";

/** The config's lists of policies, in the order they are judged. */
export const policySections = ["limits", "budgets"] as const satisfies readonly PolicyKind["section"][];

/** What policies are checked against. */
export interface PolicyNeighbours {
  readonly contract: ContractReader;
  readonly modelNames: readonly string[];
}

/** Compiles every list of policies. */
export function compilePolicies(
  compilation: Compilation,
  root: Readonly<Record<string, unknown>>,
  neighbours: PolicyNeighbours,
): readonly Policy[] {
  const { file } = compilation;
  const policies: Policy[] = [];
  for (const name of policySections)
    for (const [index, entry] of listOf(compilation, name, root[name]).entries()) {
      const path = [name, index];
      const policy = compilePolicy(compilation, path, entry, name, neighbours);
      if (policy === undefined) continue;
      if (policies.some((other) => other.name === policy.name))
        file.refuse([...path, "name"], "another limit or budget has this name: their accounts would be one");
      policies.push(policy);
    }
  return policies;
}

function compilePolicy(
  { file }: Compilation,
  path: Path,
  entry: unknown,
  section: PolicyKind["section"],
  neighbours: PolicyNeighbours,
): Policy | undefined {
  const written = Object.fromEntries(entriesOf(entry));
  const kind = policyKinds.find(
    (candidate) => candidate.section === section && candidate.recognises(written),
  );
  if (kind === undefined) return undefined;
  for (const key of Object.keys(written)) {
    if (!isUnavailableKey(path, key)) continue;
    file.refuse([...path, key], "not available in this version", "key");
    delete written[key];
  }
  const isMap = typeof entry === "object" && !Array.isArray(entry);
  const parsed = parseSection(file, path, isMap ? written : entry, kind.schema);
  if (parsed === undefined) return undefined;
  // The kind's own schema made it, and the kind alone takes it.
  for (const use of kind.fields(parsed as never)) {
    const problem = fieldProblem(use.name, use.path, written, neighbours);
    if (problem !== undefined) file.refuse([...path, ...use.path], problem, "key");
  }
  const policy = kind.create(parsed as never);
  const { degrade = [], exceeded = [] } = policy;
  const uses = [
    ...degrade.map(({ to }, index) => ({ rung: to, at: ["degrade", index, "use"] })),
    ...exceeded.map((rung, index) => ({ rung, at: ["exceeded", index, "use"] })),
  ];
  for (const { rung, at } of uses) {
    if (rung.kind !== "use" || neighbours.modelNames.some((name) => covers(name, rung.model))) continue;
    const message = `no model is called "${rung.model}"${didYouMean(rung.model, neighbours.modelNames)}`;
    file.refuse([...path, ...at], message);
  }
  return policy;
}

/** Why a rule that names this field there can never apply; undefined: it can. */
function fieldProblem(
  name: string,
  path: Path,
  entry: unknown,
  { contract, modelNames }: PolicyNeighbours,
): string | undefined {
  if (name === "backend" && path[0] === "when")
    return "a request has no backend before it is planned: this could never match";
  if (!contract.fieldNames.has(name) && !planFields.includes(name)) {
    const known = [...contract.fieldNames, ...planFields];
    return `no contract has a field "${name}": this could never apply${didYouMean(name, known)}`;
  }
  if (path[0] === "per") return undefined;
  for (const value of valuesAt(entry, path)) {
    if (name === "model" && !modelNames.some((model) => covers(model, value)))
      return `no entry of \`models\` is called "${value}": this could never match`;
    const problem = contract.valueProblem(name, value);
    if (problem !== undefined) return `${problem}: this could never match`;
  }
  return undefined;
}

function valuesAt(entry: unknown, path: Path): readonly string[] {
  let value = entry;
  for (const step of path) value = new Map(entriesOf(value)).get(String(step));
  return (Array.isArray(value) ? value : [value]).map(String);
}
