import { compileCondition } from "../condition/condition.ts";
import { covers } from "../core/pattern.ts";
import { type RouteRule, type Routes, routesOf } from "../route/routes.ts";
import type { ConditionChecker } from "./check-conditions.ts";
import type { Compilation } from "./compilation.ts";
import { parseSection } from "./parse-section.ts";
import { routeSection } from "./schema.ts";
import type { Backend } from "./snapshot.ts";
import { didYouMean } from "./suggest.ts";

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
): Routes {
  const rules: RouteRule[] = [];
  for (const [index, entry] of entries.entries()) {
    const path = ["routes", index];
    const section = parseSection(file, path, entry, routeSection);
    if (section === undefined) continue;
    const { when, use, only } = section;
    if (rules.some((earlier) => earlier.when === undefined))
      file.refuse(path, "an entry before this one has no `when`: this could never apply");
    if (when !== undefined) conditions.check([...path, "when"], when);
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
        use,
        only,
      }),
    );
  }
  return routesOf(rules);
}
