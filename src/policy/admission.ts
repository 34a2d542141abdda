import type { Attributes } from "../condition/attributes-of.ts";
import type { Principal } from "../identity/principal.ts";
import type { Plan } from "../plan/plan.ts";

/** The input of a policy: the caller, the contract and the plan. */
export interface Admission {
  readonly principal: Principal;
  /** The fields that accounts can be kept by: those of the contract and the principal, and `model`. */
  readonly field: (name: string) => string | undefined;
  /** The values that conditions compare. */
  readonly attributes: Attributes;
  readonly plan: Plan;
  readonly nowMs: number;
}
