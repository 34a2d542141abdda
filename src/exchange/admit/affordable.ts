import { GatewayError } from "../../core/errors.ts";
import { refusalOf } from "../../dialect/refused-members.ts";
import { allServerMembers } from "../../dialect/server-members.ts";
import type { Target } from "../../plan/plan.ts";
import { admitted, type Exchange } from "../state/exchange.ts";
import { backendOf, transportOf } from "./transport.ts";

/** The reason why a target would bill more than can be held, naming the client's field. Undefined if it would not. */
export function cannotHold(exchange: Exchange, target: Target): GatewayError | undefined {
  // A translated request is written anew: none of the client's own members reach the provider.
  if (transportOf(exchange, target)?.kind !== "pass") return undefined;
  return heededMember(exchange, target) ?? unpricedTier(exchange, target);
}

function heededMember(exchange: Exchange, target: Target): GatewayError | undefined {
  const { facts } = admitted(exchange);
  if (facts.extensions.size === 0) return undefined;
  const { heeds = allServerMembers } = backendOf(exchange, target).provider;
  for (const [key, param] of facts.extensions) {
    const member = heeds.get(key);
    if (member !== undefined) return refusalOf(member, param);
  }
  return undefined;
}

/** A tier without a price would be billed at an unknown one. */
function unpricedTier(exchange: Exchange, { backend, model }: Target): GatewayError | undefined {
  const { serviceTier } = admitted(exchange).facts;
  if (serviceTier === undefined) return undefined;
  const { snapshot } = exchange;
  const { provider } = backendOf(exchange, { backend, model });
  const rate = snapshot.prices.rateOf(backend, provider.type, model, exchange.openedAtMs);
  if (rate === undefined || rate.services?.has(serviceTier) === true) return undefined;
  return new GatewayError(
    "unsupported",
    "the service tier has no price here; leave it out, or ask for default",
    {
      param: "service_tier",
    },
  );
}
