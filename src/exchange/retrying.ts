import { assert } from "../core/errors.ts";
import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import { claimsOf } from "./claiming.ts";
import { type Exchange, planned } from "./exchange.ts";
import { attemptAt, billedSoFar, encodeAttempt } from "./forwarding.ts";
import type { Outcome } from "./outcome.ts";
import { withHold } from "./planning.ts";
import { refuse, refuseForLimit } from "./refusing.ts";
import { spend } from "./stages.ts";

/** A further attempt, as Envoy begins it: encoded again from the original, its hold grown by what failed attempts may be billed. Never throws. */
export function retry(exchange: Exchange, number: number, cluster: string): MaybePromise<Outcome> {
  try {
    const outcome = chain(
      coverFailed(exchange, number, cluster),
      (denied) => denied ?? encodeAttempt(exchange, number),
    );
    return outcome instanceof Promise ? outcome.catch((error) => refuse(exchange, error)) : outcome;
  } catch (error) {
    return refuse(exchange, error);
  }
}

function coverFailed(exchange: Exchange, number: number, cluster: string): MaybePromise<Outcome | undefined> {
  assert(exchange.phase === "forwarded", "an attempt belongs to a forwarded exchange");
  const plan = planned(exchange);
  const attempt = attemptAt(exchange, number);
  assert(attempt.target.target.backend === cluster, "Envoy follows the plan");
  const billed = billedSoFar(exchange);
  if (billed.costNanoUsd === 0n) return undefined;
  const grown = withHold({ ...plan, targets: plan.targets.slice(number - 1) }, billed);
  const claims = claimsOf(exchange, grown);
  const { clock, ledger } = exchange.services;
  const startedMs = clock.monotonicMs();
  return chain(ledger.adjust(exchange.id, claims), (result) => {
    spend(exchange.stages, "reserve", startedMs, clock);
    if (result.kind === "refused") return refuseForLimit(exchange, result);
    exchange.claims = claims;
    return undefined;
  });
}
