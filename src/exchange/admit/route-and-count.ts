import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import type { ModelRoute } from "../../route/model-route.ts";
import type { Admitted, Exchange } from "../state/exchange.ts";
import { spend } from "../state/stages.ts";
import { countForRoute, countInput } from "./counting.ts";
import { examine } from "./examining.ts";
import { checkLargeBody } from "./large-body.ts";
import { findRoute } from "./routing.ts";

/** An admitted request, and the route it takes. */
export interface Routed {
  readonly admitted: Admitted;
  readonly route: ModelRoute;
}

/** Reads a request, finds its route, and counts its input for every target. Undefined if the client has left. Throws the refusal. */
export function routeAndCount(exchange: Exchange, body: Buffer): MaybePromise<Routed | undefined> {
  const { closing, stages } = exchange;
  const { clock } = exchange.services;
  const startedMs = clock.monotonicMs();
  return chain(examine(exchange, body), (admitted) => {
    const examinedMs = spend(stages, "route", startedMs, clock);
    if (closing.over) return undefined;
    return chain(countForRoute(admitted), () => {
      const countedMs = spend(stages, "count", examinedMs, clock);
      if (closing.over) return undefined;
      const route = findRoute(admitted);
      const routedMs = spend(stages, "route", countedMs, clock);
      return chain(weigh(admitted, route), () => {
        spend(stages, "count", routedMs, clock);
        return closing.over ? undefined : { admitted, route };
      });
    });
  });
}

/** Counts the input for every target of a route, and finds out which of them a large body can be translated for. */
function weigh(admitted: Admitted, { targets }: ModelRoute): MaybePromise<void> {
  return chain(countInput(admitted, targets, inputTokensAllowed(admitted)), () =>
    checkLargeBody(admitted, targets),
  );
}

/** More input than this is refused, so counting may stop there. */
function inputTokensAllowed(admitted: Admitted): number | undefined {
  const { operation, snapshot } = admitted.exchange;
  if (operation.local === "token_count") return undefined;
  return snapshot.caps(admitted.attributes).inputTokens;
}
