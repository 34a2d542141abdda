import { compileCondition } from "../condition/condition.ts";
import { type Bound, type Bounds, boundsOf } from "../route/bounds.ts";
import type { ConditionChecker } from "./check-conditions.ts";
import type { WrittenRule } from "./check-reach.ts";
import type { Compilation } from "./compilation.ts";
import { checkOnly } from "./compile-routes.ts";
import { parseSection } from "./parse-section.ts";
import { boundSection } from "./schema.ts";
import type { Backend } from "./snapshot.ts";

/** Compiles `bounds`. */
export function compileBounds(
  { file }: Compilation,
  entries: readonly unknown[],
  {
    backends,
    conditions,
  }: { readonly backends: ReadonlyMap<string, Backend>; readonly conditions: ConditionChecker },
): { readonly bounds: Bounds; readonly written: readonly WrittenRule[] } {
  const bounds: Bound[] = [];
  const written: WrittenRule[] = [];
  for (const [index, entry] of entries.entries()) {
    const path = ["bounds", index];
    const section = parseSection(file, path, entry, boundSection);
    if (section === undefined) continue;
    const { when, only, name = `bounds[${index}]` } = section;
    if (bounds.some((other) => other.name === name))
      file.refuse([...path, "name"], `another bound is called "${name}"`);
    if (when !== undefined) conditions.check([...path, "when"], when);
    checkOnly(file, path, only, backends);
    bounds.push(Object.freeze({ name, when: when === undefined ? undefined : compileCondition(when), only }));
    written.push({ path, name, when, use: undefined, only });
  }
  return { bounds: boundsOf(bounds), written };
}
