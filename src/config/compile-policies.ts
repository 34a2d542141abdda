import type { ContractReader } from "../contract/contract.ts";
import { covers } from "../core/pattern.ts";
import { policyKinds } from "../policy/index.ts";
import type { Policy } from "../policy/policy.ts";
import { type PolicySection, policySections, type Reference } from "../policy/policy-kind.ts";
import { accountOnlyFields } from "../policy/rule-section.ts";
import type { ConditionChecker } from "./check-conditions.ts";
import { type Compilation, contextOf, entriesOf, listOf } from "./compilation.ts";
import { parseSection } from "./parse-section.ts";
import { formatPath, type Path } from "./problem.ts";
import { didYouMean } from "./suggest.ts";
import { isUnavailableKey } from "./unavailable.ts";

/** The parts of the config that policies are checked against. */
export interface PolicyNeighbours {
  readonly contract: ContractReader;
  readonly modelNames: readonly string[];
  readonly conditions: ConditionChecker;
}

/** Compiles every list of policies. */
export function compilePolicies(
  compilation: Compilation,
  root: Readonly<Record<string, unknown>>,
  neighbours: PolicyNeighbours,
): readonly Policy[] {
  const policies: Policy[] = [];
  for (const section of policySections) {
    const entries = listOf(compilation, section, root[section]);
    compileList(compilation, section, entries, policies, neighbours);
  }
  return policies;
}

/** Compiles one list, and adds its policies to those of the lists before it. */
function compileList(
  compilation: Compilation,
  name: PolicySection,
  entries: readonly unknown[],
  policies: Policy[],
  neighbours: PolicyNeighbours,
): void {
  const { file } = compilation;
  let decided = false;
  for (const [index, entry] of entries.entries()) {
    const path = [name, index];
    const compiled = compilePolicy(compilation, path, entry, name, neighbours);
    if (compiled === undefined) continue;
    const { policy, decidesAll } = compiled;
    if (decided) file.refuse(path, "an entry before this one has no `when`: this could never apply");
    decided ||= decidesAll;
    if (policies.some((other) => other.name === policy.name))
      file.refuse([...path, "name"], "another limit or budget has this name: they would share accounts");
    policies.push(policy);
  }
}

function compilePolicy(
  compilation: Compilation,
  path: Path,
  entry: unknown,
  section: PolicySection,
  neighbours: PolicyNeighbours,
): { readonly policy: Policy; readonly decidesAll: boolean } | undefined {
  const { file } = compilation;
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
  const checked = parsed as never;
  for (const reference of kind.references(checked)) checkReference(compilation, path, reference, neighbours);
  return {
    policy: kind.create(checked, contextOf(compilation, { name: formatPath(path) })),
    decidesAll: kind.decidesAll?.(checked) === true,
  };
}

/** Notes a reference to what does not exist. */
function checkReference(
  { file }: Compilation,
  entryPath: Path,
  reference: Reference,
  { contract, modelNames, conditions }: PolicyNeighbours,
): void {
  const path = [...entryPath, ...reference.path];
  switch (reference.kind) {
    case "condition":
      conditions.check(path, reference.condition);
      return;
    case "account-match":
      conditions.check(path, reference.condition, reference.per);
      return;
    case "account-field": {
      const known = [...contract.fieldNames, ...accountOnlyFields];
      const { name } = reference;
      if (known.includes(name)) return;
      const message = `no contract has a field "${name}": this could never apply${didYouMean(name, known)}`;
      file.refuse(path, message, "key");
      return;
    }
    case "model": {
      const { name } = reference;
      if (modelNames.some((model) => covers(model, name))) return;
      file.refuse(path, `no model is called "${name}"${didYouMean(name, modelNames)}`);
      return;
    }
    case "models": {
      const { pattern } = reference;
      if (modelNames.some((name) => overlaps(pattern, name))) return;
      file.refuse(path, `no entry of \`models\` is called "${pattern}": this could never apply`);
      return;
    }
  }
}

/** True if a rule's pattern and a name under `models`, which may be a pattern too, have any model in common. */
function overlaps(pattern: string, name: string): boolean {
  return covers(pattern, name) || covers(name, pattern) || covers(pattern, name.replace(/\*$/, ""));
}
