import { known } from "../../dialect/known.ts";
import { isStandardTier } from "../../dialect/service-tier.ts";
import { costOf, type Rate } from "../../price/rate.ts";
import { isSameModel } from "../../price/same-model.ts";
import type { Usage } from "../../usage/usage.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Exchange } from "../state/exchange.ts";

/** The price that an answer is charged at. */
export interface AnswerPrice {
  readonly rate: Rate;
  /** True if the catalogue has the price of the model and tier that the answer names; otherwise the rate is the target's standard one. */
  readonly isKnown: boolean;
}

/**
 * The price of an answer, by what it says of itself: its model, which a vendor's own fallback may have changed, and its service tier.
 * `answeredBy`: undefined where the answer names no model.
 */
export function priceOfAnswer(
  exchange: Exchange,
  attempt: Attempt,
  answeredBy: string | undefined,
  serviceTier: string | undefined,
): AnswerPrice {
  const rate = rateOfModel(exchange, attempt, answeredBy);
  if (rate === undefined) return { rate: attempt.target.rate, isKnown: false };
  const isKnown =
    serviceTier === undefined || isStandardTier(serviceTier) || rate.services?.has(serviceTier) === true;
  return { rate, isKnown };
}

/** The rate of the model that answered. Undefined if the catalogue has none. A backend's own price covers all its models. */
function rateOfModel(
  { snapshot, openedAtMs }: Exchange,
  { target: { target, rate } }: Attempt,
  answeredBy: string | undefined,
): Rate | undefined {
  if (answeredBy === undefined || answeredBy === "" || isSameModel(target.model, answeredBy)) return rate;
  const provider = snapshot.backends.get(target.backend)?.provider.type ?? "";
  const quote = snapshot.prices.quote(target.backend, provider, answeredBy, openedAtMs);
  const isOwn = quote?.entry !== undefined || quote?.from === "backend";
  return isOwn ? { ...quote.rate, ...known("search", rate.search) } : undefined;
}

/**
 * The dearest premium over a standard price that a vendor is known to have asked: six times, for fast mode of Claude Opus 4.6
 * (30 and 150 USD for 5 and 25 a million tokens, Anthropic's pricing page until May 2026; two times since). Priority tiers ask less.
 */
const premiumFactorMax = 6n;

/** By how much a bill at an unknown price may differ from the cost: the whole hold, or what the dearest premium adds. */
export function unknownDifference({ target }: Attempt, rate: Rate, usage: Usage): bigint {
  const premium = costOf(rate, usage) * (premiumFactorMax - 1n);
  return premium > target.costMaxNanoUsd ? premium : target.costMaxNanoUsd;
}
