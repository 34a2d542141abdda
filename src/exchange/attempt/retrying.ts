import { assert, GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { claimsOf } from "../admit/claiming.ts";
import { leave, refuse, refuseForLimit } from "../admit/refusing.ts";
import { stopSince } from "../admit/stopping.ts";
import type { Attempt } from "../state/attempt.ts";
import { clusterOf } from "../state/cluster-of.ts";
import { type Exchange, planned } from "../state/exchange.ts";
import { holdFacts } from "../state/hold-facts.ts";
import type { Outcome } from "../state/outcome.ts";
import { spend } from "../state/stages.ts";
import { billedSoFar, planBesideFailed } from "./billed.ts";
import { attemptAt, closePrevious, encodeAttempt } from "./forwarding.ts";

/** A further attempt, as Envoy begins it: encoded again from the original, its hold grown by what failed attempts may be billed. Never throws. */
export function retry(exchange: Exchange, number: number, cluster: string): MaybePromise<Outcome> {
  try {
    if (isLate(exchange)) return leave(exchange);
    if (number > planned(exchange).targets.length) return giveUp(exchange);
    const stopped = refuseStopped(exchange, attemptAt(exchange, number));
    if (stopped !== undefined) return stopped;
    const outcome = chain(coverFailed(exchange, number, cluster), (denied) => {
      if (denied !== undefined) return denied;
      return isLate(exchange) ? leave(exchange) : encodeAttempt(exchange, number);
    });
    return outcome instanceof Promise ? outcome.catch((error) => refuse(exchange, error)) : outcome;
  } catch (error) {
    return refuse(exchange, error);
  }
}

/** Envoy does not wait for us: the client may have left, or the whole been given up, with this attempt still on its way here. */
function isLate(exchange: Exchange): boolean {
  return exchange.closing.over || exchange.broken !== undefined || exchange.phase !== "forwarded";
}

/** A planned target may have been stopped since. The attempt then does not leave, and costs nothing. */
function refuseStopped(exchange: Exchange, attempt: Attempt): Outcome | undefined {
  const stopped = stopSince(exchange, attempt.target.target);
  if (stopped === undefined) return undefined;
  attempt.outcome = { kind: "failed", status: undefined, flags: [], class: "overloaded" };
  attempt.signed = true;
  exchange.logged.add(attempt.number);
  return refuse(exchange, stopped);
}

/** Envoy tries more often than the plan has targets where it was told of spare attempts that nobody took: the last failure stands. */
function giveUp(exchange: Exchange): Outcome {
  const last = exchange.attempts.at(-1);
  assert(last !== undefined, "an attempt has failed before");
  closePrevious(exchange, last);
  const timedOut = last.outcome.kind === "failed" && last.outcome.class === "timeout";
  const error =
    last.judged?.error ??
    new GatewayError(
      timedOut ? "timeout" : "upstream_unavailable",
      timedOut ? "the provider did not answer in time" : "the provider could not be reached",
    );
  exchange.end(timedOut ? "timeout" : "upstream_error", error.code);
  return refuse(exchange, error);
}

function coverFailed(exchange: Exchange, number: number, cluster: string): MaybePromise<Outcome | undefined> {
  const plan = planned(exchange);
  const attempt = attemptAt(exchange, number);
  assert(clusterOf(exchange, attempt.target.target) === cluster, "Envoy follows the plan");
  if (billedSoFar(exchange).costNanoUsd === 0n) return undefined;
  const grown = planBesideFailed(exchange, plan, plan.targets.slice(number - 1));
  const claims = claimsOf(exchange, grown);
  const { clock, ledger } = exchange.services;
  const startedMs = clock.monotonicMs();
  return chain(
    ledger.adjust(exchange.id, claims, () => holdFacts(exchange, grown)),
    (result) => {
      spend(exchange.stages, "reserve", startedMs, clock);
      if (result.kind === "refused") return refuseForLimit(exchange, result);
      exchange.claims = claims;
      return undefined;
    },
  );
}
