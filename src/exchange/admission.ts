import type { GatewayError } from "../core/errors.ts";
import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { Claim, Refused } from "../ledger/ledger.ts";
import type { Plan } from "../plan/plan.ts";
import type { ModelRoute } from "../route/model-route.ts";
import { exchangeAttributes } from "./admit/attributes.ts";
import { checksOf } from "./admit/checking.ts";
import { claimsOf } from "./admit/claiming.ts";
import { countForRoute, countInput, inputCountFor } from "./admit/counting.ts";
import { examine, examineHeaders } from "./admit/examining.ts";
import { firstStep, type LadderStep, nextStep } from "./admit/ladder.ts";
import { checkLargeBody } from "./admit/large-body.ts";
import { noteLimitStatus } from "./admit/limit-status.ts";
import { makePlan } from "./admit/planning.ts";
import { leave, refuse, refuseForLimit } from "./admit/refusing.ts";
import { findRoute } from "./admit/routing.ts";
import { stopSince } from "./admit/stopping.ts";
import { Deadlines } from "./answer/deadlines.ts";
import { encodeAttempt } from "./attempt/forwarding.ts";
import type { Exchange } from "./state/exchange.ts";
import { holdFacts } from "./state/hold-facts.ts";
import { replyHeaders } from "./state/local-reply.ts";
import type { Outcome } from "./state/outcome.ts";
import { spend } from "./state/stages.ts";

/** Refuses by the headers alone what would be refused with its body too. Undefined to go on. Never throws. */
export function preview(exchange: Exchange): Outcome | undefined {
  try {
    examineHeaders(exchange);
    return undefined;
  } catch (error) {
    return refuse(exchange, error);
  }
}

/**
 * Admits a request with its whole body, or refuses it: inspect → contract → route → access → count → plan with caps → claims → reserve
 * over all offers → attempt 1 encoded. Never throws; every refusal is the client's answer.
 */
export function admit(exchange: Exchange, body: Buffer): MaybePromise<Outcome> {
  try {
    const outcome = judge(exchange, body);
    return outcome instanceof Promise ? outcome.catch((error) => refuse(exchange, error)) : outcome;
  } catch (error) {
    return refuse(exchange, error);
  }
}

function judge(exchange: Exchange, body: Buffer): MaybePromise<Outcome> {
  return chain(routeAndCount(exchange, body), (route) => {
    if (route === undefined) return leave(exchange);
    if (exchange.operation.local === "token_count") return answerCount(exchange, route);
    return reserve(exchange, firstStep(makePlan(exchange, route)));
  });
}

/** The route of a request, with its input counted for every target. Undefined if the client has left. Throws the refusal. */
export function routeAndCount(exchange: Exchange, body: Buffer): MaybePromise<ModelRoute | undefined> {
  const { stages } = exchange;
  const { clock } = exchange.services;
  const startedMs = clock.monotonicMs();
  return chain(examine(exchange, body), () => {
    const examinedMs = spend(stages, "route", startedMs, clock);
    if (exchange.closing.over) return undefined;
    return chain(countForRoute(exchange), () => {
      const countedMs = spend(stages, "count", examinedMs, clock);
      if (exchange.closing.over) return undefined;
      const route = findRoute(exchange);
      exchange.advance("admitted");
      const routedMs = spend(stages, "route", countedMs, clock);
      return chain(weigh(exchange, route), () => {
        spend(stages, "count", routedMs, clock);
        return exchange.closing.over ? undefined : route;
      });
    });
  });
}

/** Counts the input for every target of a route, and finds out which of them a large body can be translated for. */
function weigh(exchange: Exchange, { targets }: ModelRoute): MaybePromise<void> {
  return chain(countInput(exchange, targets, inputTokensAllowed(exchange)), () =>
    checkLargeBody(exchange, targets),
  );
}

/** More input than this is refused, so nobody needs to know how much more. */
function inputTokensAllowed(exchange: Exchange): number | undefined {
  if (exchange.operation.local === "token_count") return undefined;
  return exchange.snapshot.caps(exchangeAttributes(exchange)).inputTokens;
}

/** Answers with the request's tokens, by the counter of the first target that would serve it. Nothing leaves and nothing is held. */
function answerCount(exchange: Exchange, route: ModelRoute): Outcome {
  const [target] = route.targets;
  const count = target === undefined ? undefined : inputCountFor(exchange, target);
  const reply = exchange.dialect.encodeTokenCount?.(count?.tokens ?? 0);
  if (reply === undefined)
    throw new Error(`${exchange.dialect.name} offers a token count and cannot encode one`);
  exchange.end("completed");
  exchange.responseStatus = reply.status;
  return { kind: "reply", reply: { ...reply, headers: [...reply.headers, ...replyHeaders(exchange)] } };
}

interface Offer {
  readonly plan: Plan;
  readonly claims: readonly Claim[];
}

/** Holds the first plan that fits. When none does, the ladder of the budget that refused is climbed a step. */
function reserve(exchange: Exchange, step: LadderStep): MaybePromise<Outcome> {
  const { clock, ledger, observer } = exchange.services;
  const offers: readonly Offer[] = step.plans.map((plan) => ({
    plan,
    claims: claimsOf(exchange, plan, step.steps),
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
    return chain(nextStep(exchange, step, result), (next) =>
      next === undefined ? limited(exchange, result, offers.at(-1)?.claims ?? []) : reserve(exchange, next),
    );
  });
}

/** No offer fits: the answer says which account stands in the way, and where the caller stands with the others. */
function limited(exchange: Exchange, refused: Refused, claims: readonly Claim[]): MaybePromise<Outcome> {
  return chain(noteLimitStatus(exchange, claims), () => refuseForLimit(exchange, refused));
}

function take(exchange: Exchange, offer: Offer | undefined, { degraded }: LadderStep): MaybePromise<Outcome> {
  if (offer === undefined) throw new Error("the ledger took an offer that was not made");
  exchange.plan = offer.plan;
  exchange.claims = offer.claims;
  exchange.degradedBy = degraded?.by;
  const checked = chain(checksOf(exchange, offer.plan), (checks) => {
    exchange.checks = checks;
    return noteLimitStatus(exchange, offer.claims);
  });
  return chain(checked, () => {
    if (exchange.closing.over) return leave(exchange);
    const stopped = stoppedMeanwhile(exchange);
    if (stopped !== undefined) return refuse(exchange, stopped);
    if (exchange.retriesWithheld) exchange.services.observer.retriesWithheld();
    exchange.advance("forwarded");
    exchange.deadlines = new Deadlines(exchange);
    return encodeAttempt(exchange, 1);
  });
}

/** While the request was being held, what it needs may have been stopped. */
function stoppedMeanwhile(exchange: Exchange): GatewayError | undefined {
  const [first] = exchange.plan?.targets ?? [];
  return first === undefined ? undefined : stopSince(exchange, first.target);
}
