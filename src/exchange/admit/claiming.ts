import { appendAll } from "../../core/append-all.ts";
import type { Claim } from "../../ledger/ledger.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Policy } from "../../policy/policy.ts";
import type { Admitted } from "../state/exchange.ts";

/** Steps of `degrade` that each budget has taken for a request, by the budget's name; none where it is not there. */
export type StepsTaken = ReadonlyMap<string, number>;

/**
 * The claims of every policy for a plan. Before a request is under way, `steps` binds the claims of each budget that has further steps to the share
 * at which the next begins. Throws the first denial.
 */
export function claimsOf(admitted: Admitted, plan: Plan, steps?: StepsTaken): readonly Claim[] {
  const { principal, services, snapshot } = admitted.exchange;
  const { contract, facts } = admitted;
  const admission = {
    principal,
    field: (name: string) =>
      name === "model" ? facts.model : name === "key" ? principal.keyName : contract.field(name),
    attributes: admitted.attributes,
    plan,
    nowMs: services.clock.nowMs(),
  };
  const claims: Claim[] = [];
  for (const policy of snapshot.policies) {
    const judgement = policy.judge?.(admission);
    if (judgement === undefined) continue;
    if (judgement.kind === "deny") throw judgement.error;
    const ceilingPercent = steps === undefined ? undefined : nextStepPercent(policy, steps);
    if (ceilingPercent === undefined) appendAll(claims, judgement.claims);
    else for (const claim of judgement.claims) claims.push({ ...claim, ceilingPercent });
  }
  return claims;
}

/** The share at which the next step of a budget begins. Undefined if it has no further one. */
function nextStepPercent({ name, degrade }: Policy, steps: StepsTaken): number | undefined {
  return degrade?.[steps.get(name) ?? 0]?.atPercent;
}
