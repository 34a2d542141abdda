import type { ConditionSection } from "../condition/condition-section.ts";
import { implies } from "../condition/implies.ts";
import { covers } from "../core/pattern.ts";
import type { Target } from "../plan/plan.ts";
import type { ModelEntry } from "../route/model-table.ts";
import { type Only, outsideOf } from "../route/only.ts";
import type { Path } from "./problem.ts";
import type { Backend } from "./snapshot.ts";
import type { YamlFile } from "./yaml-file.ts";

/** A rule of `routes` or an entry of `bounds` as written. */
export interface WrittenRule {
  readonly path: Path;
  readonly name: string;
  readonly when: ConditionSection | undefined;
  readonly use: string | undefined;
  readonly only: Only | undefined;
}

/** The rules of a config, and the models and backends they can reach. */
export interface Reach {
  readonly routes: readonly WrittenRule[];
  readonly bounds: readonly WrittenRule[];
  readonly models: readonly ModelEntry[];
  readonly backends: ReadonlyMap<string, Backend>;
}

/** Refuses rules that can never apply and rules that leave no target; warns where two rules together may leave no target. */
export function checkReach(file: YamlFile, reach: Reach): void {
  checkOrder(file, reach);
  for (const bound of reach.bounds) checkBound(file, bound, reach);
  for (const route of reach.routes) checkRoute(file, route, reach);
  checkModels(file, reach);
}

/** Of the rules of `routes` the first that matches decides: one behind a wider one never does. */
function checkOrder(file: YamlFile, { routes }: Reach): void {
  for (const [index, route] of routes.entries()) {
    const before = routes.slice(0, index).find((earlier) => implies(route.when, earlier.when));
    if (before?.when === undefined && before !== undefined)
      file.refuse(route.path, "an entry before this one has no `when`: this could never apply");
    else if (before !== undefined)
      file.refuse(route.path, `${before.name} matches whatever this matches: this could never apply`);
    else if (route.only !== undefined) warnOfUnbound(file, route, routes.slice(0, index));
  }
}

/** The bounds of a route are lost where an earlier route matches too. */
function warnOfUnbound(file: YamlFile, route: WrittenRule, earlier: readonly WrittenRule[]): void {
  const first = earlier.find((other) => other.use !== undefined && !excludes(route.when, other.when));
  if (first === undefined) return;
  file.warn(
    [...route.path, "only"],
    `does not bind a request that ${first.name} matches too: move it to \`bounds\`, all of which apply`,
  );
}

/** True if no request surely satisfies both: they want different values of the same field. */
function excludes(one: ConditionSection | undefined, other: ConditionSection | undefined): boolean {
  const plain = (value: string) => !value.endsWith("*") && !/^[<>]/.test(value);
  return (one?.comparisons ?? []).some(({ name, key, wanted }) =>
    (other?.comparisons ?? []).some(
      (second) =>
        second.name === name &&
        second.key === key &&
        name !== "roles" &&
        [...wanted, ...second.wanted].every(plain) &&
        !wanted.some((value) => second.wanted.includes(value)),
    ),
  );
}

function checkBound(file: YamlFile, bound: WrittenRule, { models, backends }: Reach): void {
  const targets = models.flatMap(targetsOf);
  if (targets.length > 0 && targets.every((target) => isOutside(target, [bound], backends)))
    file.refuse(
      [...bound.path, "only"],
      "no target of any model is within it: it would refuse every request",
    );
}

/** A route and the bounds that always apply with it must leave a target; where a bound may apply, the requests of both are refused. */
function checkRoute(file: YamlFile, route: WrittenRule, { bounds, models, backends }: Reach): void {
  if (route.use === undefined) return;
  const { use } = route;
  const entry = models.find(({ name }) => name === use) ?? models.find(({ name }) => covers(name, use));
  if (entry === undefined) return;
  const targets = targetsOf(entry);
  const reaches = (rules: readonly WrittenRule[]) =>
    targets.some((target) => !isOutside(target, rules, backends));
  const always = [route, ...bounds.filter(({ when }) => implies(route.when, when))];
  if (!reaches(always)) {
    const names = always.filter(({ only }) => only !== undefined).map(({ name }) => name);
    file.refuse(
      [...route.path, "use"],
      `no target of model "${use}" is within ${names.join(" and ")}: every request would be refused`,
    );
    return;
  }
  for (const bound of bounds)
    if (!always.includes(bound) && !excludes(route.when, bound.when) && !reaches([...always, bound]))
      file.warn(
        [...route.path, "use"],
        `no target of model "${use}" is within ${bound.name}: a request that matches both is refused`,
      );
}

function checkModels(file: YamlFile, { bounds, models, backends }: Reach): void {
  const always = bounds.filter(({ when }) => when === undefined);
  if (always.length === 0) return;
  for (const entry of models) {
    const targets = targetsOf(entry);
    if (targets.length > 0 && targets.every((target) => isOutside(target, always, backends)))
      file.warn(
        ["models", entry.name],
        `no target is within ${always.map(({ name }) => name).join(" and ")}: every request is refused`,
      );
  }
}

function targetsOf({ candidates, fallback }: ModelEntry): readonly Target[] {
  return [...candidates.map(({ target }) => target), ...fallback];
}

/** True if a target surely lies outside. What a format can say depends on the request, and what a pattern stands for on its model. */
function isOutside(
  target: Target,
  rules: readonly WrittenRule[],
  backends: ReadonlyMap<string, Backend>,
): boolean {
  const backend = backends.get(target.backend);
  if (backend === undefined) return false;
  const { provider, region, private: isPrivate, contextWindow } = backend;
  const place = { provider: provider.type, region, private: isPrivate, supports: undefined, contextWindow };
  return rules.some(({ only }) => {
    if (only === undefined) return false;
    const { capability, contextWindow: window, ...ofBackend } = only;
    const certain = target.model.endsWith("*")
      ? ofBackend
      : { ...ofBackend, capability, contextWindow: window };
    return outsideOf(certain, target, place) !== undefined;
  });
}
