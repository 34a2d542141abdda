import type { Claim } from "../ledger/ledger.ts";
import type { Plan } from "../plan/plan.ts";
import { admitted, type Exchange } from "./exchange.ts";

/** What every policy claims for a plan. Throws the first denial. */
export function claimsOf(exchange: Exchange, plan: Plan): readonly Claim[] {
  const { principal, services, snapshot } = exchange;
  const { contract, facts } = admitted(exchange);
  const admission = {
    principal,
    field: (name: string) => (name === "model" ? facts.model : contract.field(name)),
    plan,
    nowMs: services.clock.nowMs(),
  };
  const claims: Claim[] = [];
  for (const policy of snapshot.policies) {
    const verdict = policy.judge(admission);
    if (verdict.kind === "deny") throw verdict.error;
    claims.push(...verdict.claims);
  }
  return claims;
}
