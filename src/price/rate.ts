import type { Usage } from "../usage/usage.ts";

/** One model's prices in force, integer pico-USD (10^-12) per token; a class without a price of its own is billed as its parent. */
export interface Rate {
  readonly input: bigint;
  readonly output: bigint;
  readonly cachedInput?: bigint;
  readonly cacheWrite?: bigint;
  readonly cacheWrite1h?: bigint;
  readonly reasoning?: bigint;
  readonly audioInput?: bigint;
  readonly audioOutput?: bigint;
  /** Pico-USD per call, whatever its tokens. */
  readonly perCall?: bigint;
  /** The whole request at a tier's prices once its input passes the bound; ascending. */
  readonly tiers: readonly { readonly aboveInputTokens: number; readonly rate: Rate }[];
  /** What the record says the price was: file, entry and date. */
  readonly version: string;
}

/** Finds the rate of a target on a date. */
export interface Catalogue {
  /** `undefined`: nobody knows this model's price, so it must not leave. */
  rateOf(backend: string, provider: string, model: string, atMs: number): Rate | undefined;
}

/** Cost in nano-USD: an exact sum in pico-USD, rounded up once. Unknown token counts count as 0 here: settlement fills them first. */
export type CostOf = (rate: Rate, usage: Usage) => bigint;

/** The dearest `inputTokens` in and `outputTokens` out can cost at any class and tier they may reach, in nano-USD. */
export type CeilingOf = (rate: Rate, inputTokens: number, outputTokens: number) => bigint;
