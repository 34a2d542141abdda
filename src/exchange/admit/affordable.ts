import { GatewayError } from "../../core/errors.ts";
import { refusalOf } from "../../dialect/refused-members.ts";
import { allServerMembers } from "../../dialect/server-members.ts";
import type { Target } from "../../plan/plan.ts";
import type { Admitted } from "../state/exchange.ts";
import { backendOf, transportOf } from "./transports.ts";

/** The reason why a target would bill more than can be held, naming the client's field. Undefined if it would not. */
export function cannotHold(admitted: Admitted, target: Target): GatewayError | undefined {
  // A translated request is written anew: none of the client's own members reach the provider.
  if (transportOf(admitted, target)?.kind !== "pass") return undefined;
  return heededMember(admitted, target) ?? unpricedTier(admitted, target);
}

function heededMember(admitted: Admitted, target: Target): GatewayError | undefined {
  const { facts } = admitted;
  if (facts.extensions.size === 0) return undefined;
  const { heeds = allServerMembers } = backendOf(admitted.exchange, target).provider;
  for (const [key, param] of facts.extensions) {
    const member = heeds.get(key);
    if (member !== undefined) return refusalOf(member, param);
  }
  return undefined;
}

/** A tier without a price would be billed at an unknown one. */
function unpricedTier(admitted: Admitted, { backend, model }: Target): GatewayError | undefined {
  const { serviceTier } = admitted.facts;
  if (serviceTier === undefined) return undefined;
  const { snapshot } = admitted.exchange;
  const { provider } = backendOf(admitted.exchange, { backend, model });
  const rate = snapshot.prices.rateOf(backend, provider.type, model, admitted.exchange.openedAtMs);
  if (rate === undefined || rate.services?.has(serviceTier) === true) return undefined;
  return new GatewayError(
    "unsupported",
    "the service tier has no configured price; leave it out, or use default",
    {
      param: "service_tier",
    },
  );
}
