import { ceilToNano } from "../core/money.ts";
import type { Usage } from "../usage/usage.ts";

/**
 * One model's prices in force, integer pico-USD (10^-12) per token. A class without a price is billed as its parent:
 * `cacheWrite1h` as `cacheWrite`, other input classes as `input`, other output classes as `output`.
 */
export interface Rate {
  readonly input: bigint;
  readonly output: bigint;
  readonly cachedInput?: bigint;
  readonly cacheWrite?: bigint;
  readonly cacheWrite1h?: bigint;
  readonly reasoning?: bigint;
  readonly audioInput?: bigint;
  readonly audioOutput?: bigint;
  readonly imageInput?: bigint;
  readonly imageOutput?: bigint;
  /** Pico-USD per call, whatever its tokens. */
  readonly perCall?: bigint;
  /** Pico-USD per web search that the provider makes for a request. */
  readonly search?: bigint;
  /** The whole request at a tier's prices once its input passes the bound; ascending. */
  readonly tiers: readonly Tier[];
  /** Prices of service tiers that differ from the standard one, by the name the response gives (`priority`, `flex`, `batch`). */
  readonly services?: ReadonlyMap<string, Rate>;
  /** The version of the price for the record: file, entry and date. */
  readonly version: string;
}

/** Prices for requests with more than `aboveInputTokens` of input; `rate` has no tiers. */
export interface Tier {
  readonly aboveInputTokens: number;
  readonly rate: Rate;
}

/** What a provider may bill for one request besides its tokens, at most. */
export interface BilledBeside {
  /** Calls; absent: one. */
  readonly calls?: number;
  /** Web searches; absent: none. */
  readonly searches?: number;
}

/** Finds the rate of a target on a date. */
export interface Catalogue {
  /** Undefined if the model has no known price, so it must not be asked. */
  rateOf(backend: string, provider: string, model: string, atMs: number): Rate | undefined;
}

/**
 * Cost in nano-USD: an exact sum in pico-USD, rounded up once. Unknown token counts count as 0: settlement fills them first.
 * Classes never add up to more than their total, dearer kinds first, so that no usage costs more than {@link ceilingOf} its totals.
 */
export function costOf(rate: Rate, usage: Usage): bigint {
  const inputTokens = usage.inputTokens ?? 0;
  const prices = tierAt(serviceRate(rate, usage.serviceTier), inputTokens);
  return ceilToNano(
    inputCost(prices, inputTokens, usage) +
      outputCost(prices, usage.outputTokens ?? 0, usage) +
      callCost(prices, usage.calls) +
      searchCost(rate, usage.searches),
  );
}

/**
 * The dearest that up to `inputTokens` in and `outputTokens` out can cost at any class and tier they may reach, in nano-USD.
 * Without a `serviceTier` the provider may choose, so the dearest counts. `calls`, `searches`: how many the provider may bill for one request.
 */
export function ceilingOf(
  rate: Rate,
  inputTokens: number,
  outputTokens: number,
  serviceTier?: string,
  { calls, searches }: BilledBeside = {},
): bigint {
  const further = callCost(rate, calls) - callCost(rate, undefined) + searchCost(rate, searches);
  if (serviceTier !== undefined)
    return ceilToNano(ceilingAt(serviceRate(rate, serviceTier), inputTokens, outputTokens) + further);
  let dearest = ceilingAt(rate, inputTokens, outputTokens);
  for (const service of rate.services?.values() ?? [])
    dearest = larger(dearest, ceilingAt(service, inputTokens, outputTokens));
  return ceilToNano(dearest + further);
}

/** One call, unless the provider bills several for one request. A tier costs what the standard one does a call. */
function callCost({ perCall }: Rate, calls: number | undefined): bigint {
  return perCall === undefined ? 0n : perCall * BigInt(calls ?? 1);
}

/** Searches cost the same at every tier. */
function searchCost({ search }: Rate, searches: number | undefined): bigint {
  return search === undefined ? 0n : search * BigInt(searches ?? 0);
}

function serviceRate(rate: Rate, serviceTier: string | undefined): Rate {
  return serviceTier === undefined ? rate : (rate.services?.get(serviceTier) ?? rate);
}

function tierAt(rate: Rate, inputTokens: number): Rate {
  let found = rate;
  for (const tier of rate.tiers) if (inputTokens > tier.aboveInputTokens) found = tier.rate;
  return found;
}

function inputCost(rate: Rate, total: number, usage: Usage): bigint {
  const audio = Math.min(usage.audioInputTokens ?? 0, total);
  const image = Math.min(usage.imageInputTokens ?? 0, total - audio);
  const write1h = Math.min(usage.cacheWrite1hTokens ?? 0, total - audio - image);
  const write = Math.min(usage.cacheWriteTokens ?? 0, total - audio - image - write1h);
  const cached = Math.min(usage.cachedInputTokens ?? 0, total - audio - image - write1h - write);
  const plain = total - audio - image - write1h - write - cached;
  return (
    times(rate.input, plain) +
    times(rate.audioInput ?? rate.input, audio) +
    times(rate.imageInput ?? rate.input, image) +
    times(rate.cacheWrite1h ?? rate.cacheWrite ?? rate.input, write1h) +
    times(rate.cacheWrite ?? rate.input, write) +
    times(rate.cachedInput ?? rate.input, cached)
  );
}

function outputCost(rate: Rate, total: number, usage: Usage): bigint {
  const audio = Math.min(usage.audioOutputTokens ?? 0, total);
  const image = Math.min(usage.imageOutputTokens ?? 0, total - audio);
  const reasoning = Math.min(usage.reasoningTokens ?? 0, total - audio - image);
  return (
    times(rate.output, total - audio - image - reasoning) +
    times(rate.audioOutput ?? rate.output, audio) +
    times(rate.imageOutput ?? rate.output, image) +
    times(rate.reasoning ?? rate.output, reasoning)
  );
}

/** Most tokens belong to one class: a zero costs no multiplication. */
function times(price: bigint, tokens: number): bigint {
  return tokens === 0 ? 0n : price * BigInt(tokens);
}

/** Fewer tokens than given may be billed, so the lower tiers count beside those that are reached. */
function ceilingAt(rate: Rate, inputTokens: number, outputTokens: number): bigint {
  let dearest = dearestOf(rate, inputTokens, outputTokens);
  for (const tier of rate.tiers) {
    if (inputTokens <= tier.aboveInputTokens) break;
    dearest = larger(dearest, dearestOf(tier.rate, inputTokens, outputTokens));
  }
  return dearest;
}

function dearestOf(rate: Rate, inputTokens: number, outputTokens: number): bigint {
  const { input, output } = rate;
  const dearestInput = [
    rate.cachedInput,
    rate.cacheWrite,
    rate.cacheWrite1h,
    rate.audioInput,
    rate.imageInput,
  ];
  const dearestOutput = [rate.reasoning, rate.audioOutput, rate.imageOutput];
  return (
    times(dearestInput.reduce(largerOf, input), inputTokens) +
    times(dearestOutput.reduce(largerOf, output), outputTokens) +
    (rate.perCall ?? 0n)
  );
}

function largerOf(left: bigint, right: bigint | undefined): bigint {
  return right === undefined ? left : larger(left, right);
}

function larger(left: bigint, right: bigint): bigint {
  return left > right ? left : right;
}
