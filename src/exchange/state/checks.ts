import type { BoundRules, Validation } from "../../validation/validation.ts";

/** The checks of a plan's answers, and the rules of this request. */
export interface Checks {
  readonly validation: Validation;
  readonly bound: BoundRules;
}
