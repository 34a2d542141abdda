import type { Rate } from "./rate.ts";

/**
 * The price of a web search that a provider makes itself, in pico-USD, by provider type. Anthropic: 10 USD for 1,000 searches, for every model
 * (https://platform.claude.com/docs/en/about-claude/pricing, 2026-11-30).
 */
const searchFees: ReadonlyMap<string, bigint> = new Map([["anthropic", 10_000_000_000n]]);

/** A rate that also prices web searches: the rate's own price of one, else the provider's. Undefined if neither is known. */
export function withSearchFee(rate: Rate, provider: string): Rate | undefined {
  const search = rate.search ?? searchFees.get(provider);
  return search === undefined ? undefined : { ...rate, search };
}
