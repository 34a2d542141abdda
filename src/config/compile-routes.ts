import type { ContractReader } from "../contract/contract.ts";
import {
  type ConditionSection,
  comparisonOf,
  compileCondition,
  conditionFields,
  isRequestField,
} from "../route/condition.ts";
import { languageRange } from "../route/language.ts";
import { type RouteRule, type Routes, routesOf } from "../route/routes.ts";
import { requestFields } from "../route/subject.ts";
import type { Compilation } from "./compilation.ts";
import { covers } from "./compile-rules.ts";
import { parseSection } from "./parse-section.ts";
import type { Path } from "./problem.ts";
import { routeSection } from "./schema.ts";
import type { Backend } from "./snapshot.ts";
import { didYouMean } from "./suggest.ts";

/** What routes are checked against. */
export interface RouteNeighbours {
  readonly contract: ContractReader;
  readonly modelNames: readonly string[];
  readonly backends: ReadonlyMap<string, Backend>;
}

/** Compiles `routes`. */
export function compileRoutes(
  compilation: Compilation,
  entries: readonly unknown[],
  neighbours: RouteNeighbours,
): Routes {
  const { file } = compilation;
  const rules: RouteRule[] = [];
  for (const [index, entry] of entries.entries()) {
    const path = ["routes", index];
    const section = parseSection(file, path, entry, routeSection);
    if (section === undefined) continue;
    const { when, use, only } = section;
    if (rules.some((earlier) => earlier.when === undefined))
      file.refuse(path, "an entry before this one has no `when`: this could never apply");
    if (when !== undefined) checkCondition(compilation, [...path, "when"], when, neighbours);
    const { modelNames, backends } = neighbours;
    if (use !== undefined && !modelNames.some((name) => covers(name, use)))
      file.refuse([...path, "use"], `no model is called "${use}"${didYouMean(use, modelNames)}`);
    for (const [position, name] of (only?.backend ?? []).entries())
      if (!backends.has(name))
        file.refuse(
          [...path, "only", "backend", position],
          `there is no backend "${name}"${didYouMean(name, [...backends.keys()])}`,
        );
    rules.push(
      Object.freeze({
        name: `routes[${index}]`,
        when: when === undefined ? undefined : compileCondition(when),
        asksInputTokens:
          when !== undefined && [...conditionFields(when)].some(({ name }) => name === "inputTokens"),
        use,
        only,
      }),
    );
  }
  return routesOf(rules);
}

function checkCondition(
  { file }: Compilation,
  path: Path,
  section: ConditionSection,
  { contract, modelNames }: RouteNeighbours,
): void {
  for (const { name, values } of conditionFields(section)) {
    const problem = fieldProblem(name, values, contract, modelNames);
    if (problem !== undefined) file.refuse(path, problem);
  }
}

/** Why a condition on this field can never hold; undefined: it can. */
function fieldProblem(
  name: string,
  values: readonly string[],
  contract: ContractReader,
  modelNames: readonly string[],
): string | undefined {
  if (isRequestField(name)) return requestFieldProblem(name, values, modelNames);
  if (name !== "roles" && !contract.fieldNames.has(name)) {
    const known = [...contract.fieldNames, ...requestFields, "roles", "header", "query", "and", "or", "not"];
    return `no request has a field "${name}": this could never match${didYouMean(name, known)}`;
  }
  for (const value of values) {
    if (comparisonOf(value) !== undefined || value.endsWith("*")) continue;
    const problem = contract.valueProblem(name, value);
    if (problem !== undefined) return `${problem}: this could never match`;
  }
  return undefined;
}

function requestFieldProblem(
  name: string,
  values: readonly string[],
  modelNames: readonly string[],
): string | undefined {
  if (name === "inputTokens" && values.some((value) => comparisonOf(value) === undefined))
    return 'inputTokens is compared with a number, as in ">50000"';
  if (name === "language" && !values.every((value) => languageRange.test(value)))
    return "language is compared with language tags, as in de or pt-BR";
  if (name !== "model") return undefined;
  const unknown = values.find(
    (value) => value !== "auto" && !modelNames.some((model) => covers(model, value) || covers(value, model)),
  );
  return unknown === undefined
    ? undefined
    : `no entry of \`models\` is called "${unknown}": this could never match`;
}
