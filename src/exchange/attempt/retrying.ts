import { assert, GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { claimsOf } from "../admit/claiming.ts";
import { leave, refuse, refuseForLimit } from "../admit/refusing.ts";
import { stopSince } from "../admit/stopping.ts";
import type { Attempt } from "../state/attempt.ts";
import { clusterOf } from "../state/cluster-of.ts";
import type { Exchange, Forwarded } from "../state/exchange.ts";
import { holdFacts } from "../state/hold-facts.ts";
import type { Outcome, Reply } from "../state/outcome.ts";
import { spend } from "../state/stages.ts";
import { attemptAt, perTryMs } from "./attempt-at.ts";
import { billedSoFar, planBesideFailed } from "./billed.ts";
import { encodeAttempt } from "./forwarding.ts";

/** A further attempt, as the proxy begins it: encoded again from the original, its hold grown by what failed attempts may be billed. Never throws. */
export function retry(exchange: Exchange, number: number, cluster: string): MaybePromise<Outcome> {
  const { forwarded } = exchange;
  if (forwarded === undefined || isLate(forwarded)) return leave(exchange);
  try {
    const outcome = again(forwarded, number, cluster);
    return outcome instanceof Promise ? outcome.catch((error) => refuse(exchange, error)) : outcome;
  } catch (error) {
    return refuse(exchange, error);
  }
}

function again(forwarded: Forwarded, number: number, cluster: string): MaybePromise<Outcome> {
  if (number > forwarded.plan.targets.length) return giveUp(forwarded);
  const stopped = refuseStopped(forwarded, attemptAt(forwarded, number));
  if (stopped !== undefined) return stopped;
  return chain(coverFailed(forwarded, number, cluster), (denied) => {
    if (denied !== undefined) return denied;
    return isLate(forwarded) ? leave(forwarded.exchange) : encodeAttempt(forwarded, number);
  });
}

/** The proxy does not wait for us: the client may have left, or the exchange may have ended, with this attempt still on its way here. */
function isLate({ exchange, isUnanswered }: Forwarded): boolean {
  return exchange.closing.over || exchange.answer.isBroken || !isUnanswered;
}

/** A planned target may have been stopped since. The attempt then does not leave, and costs nothing. */
function refuseStopped(forwarded: Forwarded, attempt: Attempt): Reply | undefined {
  const stopped = stopSince(forwarded, attempt.target.target);
  if (stopped === undefined) return undefined;
  attempt.withdrawn();
  return refuse(forwarded.exchange, stopped);
}

/** The proxy was told of spare attempts that were not needed, and tries more often than the plan has targets: the last failure stands. */
function giveUp({ attempts, exchange, plan }: Forwarded): Reply {
  const last = attempts.at(-1);
  assert(last !== undefined, "an attempt has failed before");
  last.superseded(perTryMs(plan));
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

function coverFailed(forwarded: Forwarded, number: number, cluster: string): MaybePromise<Reply | undefined> {
  const { admitted, exchange, plan } = forwarded;
  const attempt = attemptAt(forwarded, number);
  assert(clusterOf(exchange, attempt.target.target) === cluster, "the proxy follows the plan");
  if (billedSoFar(forwarded).costNanoUsd === 0n) return undefined;
  const grown = planBesideFailed(forwarded, plan, plan.targets.slice(number - 1));
  const claims = claimsOf(admitted, grown);
  const { clock, ledger } = exchange.services;
  const startedMs = clock.monotonicMs();
  return chain(
    ledger.adjust(exchange.id, claims, () => holdFacts(exchange, grown)),
    (result) => {
      spend(exchange.stages, "reserve", startedMs, clock);
      if (result.kind === "refused") return refuseForLimit(exchange, result);
      forwarded.claims = claims;
      return undefined;
    },
  );
}
