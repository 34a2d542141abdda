import type { ContractReader } from "../contract/contract.ts";
import type { ConfiguredNames } from "./attribute.ts";
import { type Comparison, type ConditionSection, comparisonsOf } from "./condition-section.ts";
import { attributes } from "./index.ts";
import { comparisonOf, isPrefix } from "./matcher.ts";

/** A comparison that can never hold, and where it is in the condition. */
export interface ConditionProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** The name is unknown: the nearest of {@link knownNames} may be meant. */
  readonly unknown?: string;
}

/** The names and facts that a config's conditions are checked against. */
export interface ConditionScope extends ConfiguredNames {
  readonly contract: ContractReader;
  /** The fields of the accounts that the condition chooses among; absent where it is asked of a request. */
  readonly accountFields?: readonly string[];
}

const operators = ["and", "or", "not"];

/** Every key that a condition may have. */
export function knownNames(contract: ContractReader): readonly string[] {
  return [...contract.fieldNames, ...attributes.map(({ name }) => name), ...operators];
}

/** Names with a meaning in conditions, which no contract field may have. `language` is the exception: the contract may declare it. */
export const reservedNames: ReadonlySet<string> = new Set(
  [...attributes.map(({ name }) => name), ...operators].filter((name) => name !== "language"),
);

/** Reasons why a condition can never hold: unknown names, impossible values, and facts not known at that point. */
export function* conditionProblems(
  section: ConditionSection,
  scope: ConditionScope,
): Generator<ConditionProblem> {
  for (const { path, ...comparison } of comparisonsOf(section)) {
    const problem = availabilityProblem(comparison.name, scope) ?? valuesProblem(comparison, scope);
    if (problem !== undefined) yield { path, message: problem };
    else if (!isKnown(comparison.name, scope))
      yield {
        path,
        message: `no request has a field "${comparison.name}": this could never match`,
        unknown: comparison.name,
      };
  }
}

/** The reason why a known name cannot be used in this place, and where it can, or undefined if it can be used here. */
function availabilityProblem(name: string, { accountFields }: ConditionScope): string | undefined {
  if (accountFields !== undefined)
    return accountFields.includes(name)
      ? undefined
      : `must be one of \`per\`: an account has one limit for all its requests. Ask for "${name}" in \`when\``;
  if (name === "backend")
    return "a request has no backend before it is planned: this could never match. Keep accounts `per` backend, and match it in their `overrides`";
  return undefined;
}

function valuesProblem({ name, wanted }: Comparison, scope: ConditionScope): string | undefined {
  const attribute = attributes.find((one) => one.name === name);
  if (attribute !== undefined) return attribute.problem?.(wanted, scope);
  for (const value of wanted) {
    if (comparisonOf(value) !== undefined || isPrefix(value)) continue;
    const problem = scope.contract.valueProblem(name, value);
    if (problem !== undefined) return `${problem}: this could never match`;
  }
  return undefined;
}

function isKnown(name: string, { contract, accountFields }: ConditionScope): boolean {
  return (
    accountFields?.includes(name) === true ||
    contract.fieldNames.has(name) ||
    attributes.some((attribute) => attribute.name === name)
  );
}
