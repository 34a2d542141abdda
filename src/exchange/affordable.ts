import { GatewayError } from "../core/errors.ts";
import { refusalOf } from "../dialect/refused-members.ts";
import { allServerMembers } from "../dialect/server-members.ts";
import type { Target } from "../plan/plan.ts";
import { backendOf, carriageOf } from "./carrying.ts";
import { admitted, type Exchange } from "./exchange.ts";

/** Why a target would bill what cannot be held, naming the client's field; undefined: it would not. */
export function cannotHold(exchange: Exchange, target: Target): GatewayError | undefined {
  // What is translated is written anew: nothing of the client's own reaches the provider.
  if (carriageOf(exchange, target)?.kind !== "pass") return undefined;
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

/** A tier without a price of its own would be billed at one that nobody knows. */
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
