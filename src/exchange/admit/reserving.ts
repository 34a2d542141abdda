import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import type { Claim, Refused } from "../../ledger/ledger.ts";
import type { Plan } from "../../plan/plan.ts";
import type { Admitted, Exchange, Forwarded } from "../state/exchange.ts";
import { holdFacts } from "../state/hold-facts.ts";
import type { Reply } from "../state/outcome.ts";
import { spend } from "../state/stages.ts";
import { checksOf } from "./checking.ts";
import { claimsOf } from "./claiming.ts";
import { type LadderStep, nextStep } from "./ladder.ts";
import { noteLimitStatus } from "./limit-status.ts";
import { refuseForLimit } from "./refusing.ts";

interface Offer {
  readonly plan: Plan;
  readonly claims: readonly Claim[];
}

/** A request whose price is held, or the answer of the budget that has no room for it. */
export type Reserved = { readonly kind: "held"; readonly forwarded: Forwarded } | Reply;

/** Holds the first plan that fits. When none does, the ladder of the budget that refused is climbed a step. */
export function reserve(admitted: Admitted, step: LadderStep): MaybePromise<Reserved> {
  const { exchange } = admitted;
  const { clock, ledger, observer } = exchange.services;
  const offers: readonly Offer[] = step.plans.map((plan) => ({
    plan,
    claims: claimsOf(admitted, plan, step.steps),
  }));
  const startedMs = clock.monotonicMs();
  const reserved = ledger.reserve(
    exchange.id,
    offers.map((offer) => offer.claims),
    (taken) => holdFacts(exchange, offers[taken]?.plan),
  );
  return chain(reserved, (result) => {
    spend(exchange.stages, "reserve", startedMs, clock);
    if (result.kind === "taken") {
      if (result.observed.length > 0) observer.observed(result.observed);
      return take(exchange, offers[result.offer], step);
    }
    return chain(nextStep(admitted, step, result), (next) =>
      next === undefined ? limited(exchange, result, offers.at(-1)?.claims ?? []) : reserve(admitted, next),
    );
  });
}

/** No offer fits: the answer says which account stands in the way, and where the caller stands with the others. */
function limited(exchange: Exchange, refused: Refused, claims: readonly Claim[]): MaybePromise<Reserved> {
  return chain(noteLimitStatus(exchange, claims), () => refuseForLimit(exchange, refused));
}

function take(
  exchange: Exchange,
  offer: Offer | undefined,
  { degraded }: LadderStep,
): MaybePromise<Reserved> {
  if (offer === undefined) throw new Error("the ledger took an offer that was not made");
  const forwarded = exchange.forward(offer.plan, offer.claims);
  forwarded.degradedBy = degraded?.by;
  const checked = chain(checksOf(forwarded.admitted, offer.plan), (checks) => {
    forwarded.checks = checks;
    return noteLimitStatus(exchange, offer.claims);
  });
  return chain(checked, () => ({ kind: "held", forwarded }));
}
