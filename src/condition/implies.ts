import type { Comparison, ConditionSection } from "./condition-section.ts";
import { isPrefix, matcherOf } from "./matcher.ts";

/**
 * True if whatever satisfies `narrow` surely satisfies `wide`; undefined stands for a condition that always holds. False where that
 * cannot be proved: only comparisons are compared, and `or` and `not` where both have the same.
 */
export function implies(narrow: ConditionSection | undefined, wide: ConditionSection | undefined): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  const known = conjunctsOf(narrow);
  return conjunctsOf(wide).every((needed) => known.some((part) => covers(part, needed)));
}

/** A part of a condition all of whose parts must hold. */
type Conjunct =
  | { readonly kind: "comparison"; readonly comparison: Comparison }
  | { readonly kind: "other"; readonly text: string };

function conjunctsOf({ comparisons, and, or, not }: ConditionSection): readonly Conjunct[] {
  const others = [...(or.length === 0 ? [] : [{ or }]), ...(not === undefined ? [] : [{ not }])];
  return [
    ...comparisons.map((comparison): Conjunct => ({ kind: "comparison", comparison })),
    ...others.map((other): Conjunct => ({ kind: "other", text: JSON.stringify(other) })),
    ...and.flatMap(conjunctsOf),
  ];
}

function covers(narrow: Conjunct, wide: Conjunct): boolean {
  if (narrow.kind === "other" || wide.kind === "other")
    return narrow.kind === "other" && wide.kind === "other" && narrow.text === wide.text;
  const { name, key, wanted } = wide.comparison;
  const { comparison } = narrow;
  return (
    comparison.name === name &&
    comparison.key === key &&
    comparison.wanted.every((value) => wanted.includes(value) || matchesPrefix(value, wanted))
  );
}

/** True if a value, or each value that begins as it says, begins as one of the wanted ones. */
function matchesPrefix(value: string, wanted: readonly string[]): boolean {
  const prefixes = wanted.filter(isPrefix);
  return prefixes.length > 0 && matcherOf(prefixes)(isPrefix(value) ? value.slice(0, -1) : value);
}
