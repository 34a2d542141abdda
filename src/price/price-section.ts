import { z } from "zod";
import { parseUsd } from "../core/money.ts";
import type { Rate, Tier } from "./rate.ts";

/** Decimal US dollars as text. A YAML number comes as its own shortest text, which for a price is what was written. */
export const decimalUsd = textMatching(/^\d{1,9}(\.\d{1,12})?$/, "must be an amount in decimal US dollars");

const tokenCount = textMatching(/^[1-9]\d{0,11}$/, "must be a number of tokens").transform(Number);

const classes = {
  input: decimalUsd,
  cachedInput: decimalUsd.optional(),
  cacheWrite: decimalUsd.optional(),
  cacheWrite1h: decimalUsd.optional(),
  audioInput: decimalUsd.optional(),
  imageInput: decimalUsd.optional(),
  output: decimalUsd,
  reasoning: decimalUsd.optional(),
  audioOutput: decimalUsd.optional(),
  imageOutput: decimalUsd.optional(),
};

const tiers = z.array(z.strictObject({ aboveInputTokens: tokenCount, ...classes })).max(8);

/** Prices of a service tier: a multiplier of the standard ones, or separate prices. */
const service = z.union([decimalUsd, z.strictObject({ ...classes, tiers: tiers.optional() })], {
  error: "must be a multiplier, or { input, output, … }",
});

const perToken = z.strictObject({
  per: z.enum(["1M tokens", "1K tokens"]).optional(),
  ...classes,
  /** Dollars a call, besides its tokens. */
  perCall: decimalUsd.optional(),
  /** Dollars a web search that the provider makes. */
  search: decimalUsd.optional(),
  tiers: tiers.optional(),
  batch: service.optional(),
  flex: service.optional(),
  priority: service.optional(),
});

const perCall = z.strictObject({ per: z.literal("1 call"), price: decimalUsd });

const perHour = z.strictObject({ per: z.literal("1h"), price: decimalUsd, assumedTokensPerHour: tokenCount });

const perProblem = 'must be one of "1M tokens", "1K tokens", "1 call", "1h"';

/** Provider type or backend name, `/`, model; `*` at the end matches the rest. */
const modelPattern = z
  .string()
  .regex(/^[^/*\s]+\/([^*\s]+\*?|\*)$/, "must be written provider/model or backend/model");

const entryKeys = {
  /** One name, or several with the same prices. */
  model: z.union([modelPattern, z.array(modelPattern).min(1)]),
  from: z.iso.date("must be a date like 2026-01-31"),
  source: z.string().min(1).optional(),
};

/**
 * The prices of one model: decimal US dollars per 1M tokens (the default) or 1K tokens by class, per call, or per hour of an instance.
 * A backend's own `price:` is one of these as it stands; an entry of a price file adds `model`, `from` and `source`.
 */
export const priceSection = z.discriminatedUnion("per", [perToken, perCall, perHour], { error: perProblem });

/** One entry of a price file: whose prices these are, and from which day (UTC) they count. */
export const priceEntry = z.discriminatedUnion(
  "per",
  [perToken.extend(entryKeys), perCall.extend(entryKeys), perHour.extend(entryKeys)],
  { error: perProblem },
);

function textMatching(pattern: RegExp, error: string) {
  return z
    .union([z.string(), z.number()], { error })
    .transform(String)
    .refine((text) => pattern.test(text), error);
}

/** A {@link priceSection} as written, checked. */
export type PriceSection = z.output<typeof priceSection>;

type PerToken = z.output<typeof perToken>;
type Classes = Pick<PerToken, keyof typeof classes>;

const classNames = Object.keys(classes) as readonly (keyof Classes)[];

/** The rate that a section states, in pico-USD. Throws a RangeError when an amount is finer than 10^-12 dollars a token. */
export function rateOfSection(section: PriceSection, version: string): Rate {
  switch (section.per) {
    case "1 call":
      return { input: 0n, output: 0n, perCall: parseUsd(section.price, 12), tiers: [], version };
    case "1h": {
      const perToken = ceilDiv(parseUsd(section.price, 12), BigInt(section.assumedTokensPerHour));
      return { input: perToken, output: perToken, tiers: [], version };
    }
    case undefined:
    case "1M tokens":
    case "1K tokens":
      return withServices(section, version);
  }
}

function withServices(section: PerToken, version: string): Rate {
  const digits = section.per === "1K tokens" ? 9 : 6;
  const perCall = section.perCall === undefined ? {} : { perCall: parseUsd(section.perCall, 12) };
  const rateOf = (prices: Classes, tiers: PerToken["tiers"]): Rate => {
    const tierRate = (tier: Classes): Rate => ({ ...amounts(tier, digits), ...perCall, tiers: [], version });
    const compiled = (tiers ?? []).map(
      (tier): Tier => ({
        aboveInputTokens: tier.aboveInputTokens,
        rate: tierRate(tier),
      }),
    );
    return { ...amounts(prices, digits), ...perCall, tiers: compiled, version };
  };
  const search = section.search === undefined ? {} : { search: parseUsd(section.search, 12) };
  const standard = { ...rateOf(section, section.tiers), ...search };
  const services = new Map<string, Rate>();
  for (const name of ["batch", "flex", "priority"] as const) {
    const service = section[name];
    if (service === undefined) continue;
    services.set(
      name,
      typeof service === "string" ? multiplied(standard, service) : rateOf(service, service.tiers),
    );
  }
  return services.size === 0 ? standard : { ...standard, services };
}

function amounts(prices: Classes, digits: number): { readonly input: bigint; readonly output: bigint } {
  const rate: Partial<Record<keyof Classes, bigint>> = {};
  for (const name of classNames) {
    const text = prices[name];
    if (text !== undefined) rate[name] = parseUsd(text, digits);
  }
  return { ...rate, input: parseUsd(prices.input, digits), output: parseUsd(prices.output, digits) };
}

/** Every price times a decimal, rounded up to a pico-dollar. */
function multiplied(rate: Rate, multiplier: string): Rate {
  const factor = parseUsd(multiplier, 12);
  const scaled: Partial<Record<keyof Classes, bigint>> = {};
  for (const name of classNames) {
    const price = rate[name];
    if (price !== undefined) scaled[name] = ceilDiv(price * factor, 10n ** 12n);
  }
  const tiers = rate.tiers.map((tier) => ({ ...tier, rate: multiplied(tier.rate, multiplier) }));
  return { ...rate, ...scaled, tiers };
}

function ceilDiv(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}
