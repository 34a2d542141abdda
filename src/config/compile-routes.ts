import { compileCondition } from "../condition/condition.ts";
import { covers } from "../core/pattern.ts";
import type { Only } from "../route/only.ts";
import { type RouteRule, type Routes, routesOf } from "../route/routes.ts";
import type { ConditionChecker } from "./check-conditions.ts";
import type { WrittenRule } from "./check-reach.ts";
import type { Compilation } from "./compilation.ts";
import { parseSection } from "./parse-section.ts";
import type { Path } from "./problem.ts";
import { routeSection } from "./schema.ts";
import type { Backend } from "./snapshot.ts";
import { didYouMean } from "./suggest.ts";
import type { YamlFile } from "./yaml-file.ts";

/** The parts of the config that routes are checked against. */
export interface RouteNeighbours {
  readonly modelNames: readonly string[];
  readonly backends: ReadonlyMap<string, Backend>;
  readonly conditions: ConditionChecker;
}

/** Compiles `routes`. */
export function compileRoutes(
  { file }: Compilation,
  entries: readonly unknown[],
  { modelNames, backends, conditions }: RouteNeighbours,
): { readonly routes: Routes; readonly written: readonly WrittenRule[] } {
  const rules: RouteRule[] = [];
  const written: WrittenRule[] = [];
  for (const [index, entry] of entries.entries()) {
    const path = ["routes", index];
    const section = parseSection(file, path, entry, routeSection);
    if (section === undefined) continue;
    const { when, use, only, name = `routes[${index}]` } = section;
    if (rules.some((other) => other.name === name))
      file.refuse([...path, "name"], `another route is called "${name}"`);
    if (when !== undefined) conditions.check([...path, "when"], when);
    if (use !== undefined && !modelNames.some((model) => covers(model, use)))
      file.refuse([...path, "use"], `no model is called "${use}"${didYouMean(use, modelNames)}`);
    checkOnly(file, path, only, backends);
    rules.push(
      Object.freeze({ name, when: when === undefined ? undefined : compileCondition(when), use, only }),
    );
    written.push({ path, name, when, use, only });
  }
  return { routes: routesOf(rules), written };
}

/** Refuses an `only` that names what no backend is. Its values are literal. */
export function checkOnly(
  file: YamlFile,
  path: Path,
  only: Only | undefined,
  backends: ReadonlyMap<string, Backend>,
): void {
  const all = [...backends.values()];
  const known = {
    backend: { is: "called", names: [...backends.keys()] },
    region: { is: "in region", names: all.flatMap(({ region }) => region ?? []) },
    provider: { is: "of type", names: all.map(({ provider }) => provider.type) },
  };
  for (const key of ["backend", "region", "provider"] as const)
    for (const [position, name] of (only?.[key] ?? []).entries()) {
      const { is, names } = known[key];
      if (names.includes(name)) continue;
      const where = Array.isArray(only?.[key]) ? [...path, "only", key, position] : [...path, "only", key];
      file.refuse(where, `no backend is ${is} "${name}"${didYouMean(name, [...new Set(names)])}`);
    }
}
