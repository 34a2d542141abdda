import type { GatewayError } from "../core/errors.ts";
import type { Principal } from "../identity/principal.ts";
import type { Claim } from "../ledger/ledger.ts";
import type { Plan } from "../plan/plan.ts";
import type { RuleAccounts } from "./account-rule.ts";
import type { DegradeStep, Rung } from "./ladder.ts";

/** What a policy judges: who asks, under which contract, for what. */
export interface Admission {
  readonly principal: Principal;
  /** Contract, principal and request fields by name (`tenant_id`, `workflow`, `model`, …); what rules match and accounts are keyed by. */
  readonly field: (name: string) => string | undefined;
  readonly plan: Plan;
  readonly nowMs: number;
}

/** A policy's answer: allowed with claims on accounts, or denied. */
export type Verdict =
  | { readonly kind: "allow"; readonly claims: readonly Claim[] }
  | { readonly kind: "deny"; readonly error: GatewayError };

/** A pure rule. Only admission reserves, only settlement settles. */
export interface Policy {
  /** The rule's name; its accounts carry it. */
  readonly name: string;
  judge(admission: Admission): Verdict;
  /** What it counts: one for each unit and window. */
  readonly rules: readonly RuleAccounts[];
  /** From which share of its accounts on less is offered than was asked for; ascending. */
  readonly degrade?: readonly DegradeStep[];
  /** A streamed answer that outgrows its hold goes on where there is no room for more. Absent: it is cut. */
  readonly overrun?: "finish";
  /** What to try, in this order, when one of its accounts refuses. Absent: refuse. */
  readonly exceeded?: readonly Rung[];
}
