import { GatewayError } from "../../core/errors.ts";
import { refusalOf } from "../../dialect/refused-members.ts";
import { allServerMembers } from "../../dialect/server-members.ts";
import { hosted } from "../../dialect/type-table.ts";
import type { Target } from "../../plan/plan.ts";
import type { Rate } from "../../price/rate.ts";
import { withSearchFee } from "../../price/search-fees.ts";
import type { Admitted } from "../state/exchange.ts";
import { contextWindowOf } from "./context-window.ts";
import { backendOf, transportOf } from "./transports.ts";

/** The reason why a target would bill more than can be held, naming the client's field. Undefined if it would not. */
export function cannotHold(admitted: Admitted, target: Target): GatewayError | undefined {
  // A translated request is written anew: none of the client's own members reach the provider.
  if (transportOf(admitted, target)?.kind !== "pass") return undefined;
  return (
    heededMember(admitted, target) ?? unpricedTier(admitted, target) ?? unboundedSearch(admitted, target)
  );
}

/** A web search without a known price, or whose results may be of any size. */
function unboundedSearch(admitted: Admitted, target: Target): GatewayError | undefined {
  if (admitted.facts.searches === undefined) return undefined;
  const rate = rateOf(admitted, target);
  const { provider } = backendOf(admitted.exchange, target);
  const isPriced = rate === undefined || withSearchFee(rate, provider.type) !== undefined;
  if (isPriced && contextWindowOf(admitted, target) !== undefined) return undefined;
  return hosted("tools[] of type web_search", "tools[].type");
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
function unpricedTier(admitted: Admitted, target: Target): GatewayError | undefined {
  const { serviceTier } = admitted.facts;
  if (serviceTier === undefined) return undefined;
  const rate = rateOf(admitted, target);
  if (rate === undefined || rate.services?.has(serviceTier) === true) return undefined;
  return new GatewayError(
    "unsupported",
    "the service tier has no configured price; leave it out, or use default",
    {
      param: "service_tier",
    },
  );
}

function rateOf({ exchange }: Admitted, target: Target): Rate | undefined {
  const { provider } = backendOf(exchange, target);
  return exchange.snapshot.prices.rateOf(target.backend, provider.type, target.model, exchange.openedAtMs);
}
