import type { Attributes } from "../condition/attributes-of.ts";
import type { Condition } from "../condition/condition.ts";
import type { Only } from "./only.ts";

/** One compiled entry of the config's `bounds`: it restricts the targets of the requests it matches, whatever their route. */
export interface Bound {
  /** As the config names it, else its place: `bounds[0]`. */
  readonly name: string;
  /** Undefined: every request. */
  readonly when: Condition | undefined;
  readonly only: Only;
}

/** The bounds in the config's order. */
export interface Bounds {
  /** All that match; one that depends on what is not known yet counts as matching. */
  matching(attributes: Attributes): readonly Bound[];
}

const none: readonly Bound[] = Object.freeze([]);

/** Compiles bounds for lookup. */
export function boundsOf(bounds: readonly Bound[]): Bounds {
  if (bounds.length === 0) return Object.freeze({ matching: () => none });
  return Object.freeze({
    matching: (attributes: Attributes) => bounds.filter(({ when }) => when?.(attributes) !== false),
  });
}
