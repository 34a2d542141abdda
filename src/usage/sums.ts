import type { StoredRecord } from "./read.ts";

/** What a report adds up. */
export interface Sums {
  exchanges: number;
  inputTokens: number;
  outputTokens: number;
  costNanoUsd: bigint;
}

/** Nothing added up yet. */
export function noSums(): Sums {
  return { exchanges: 0, inputTokens: 0, outputTokens: 0, costNanoUsd: 0n };
}

/** Adds one sum to another in place. */
export function addSums(sums: Sums, more: Readonly<Sums>): void {
  sums.exchanges += more.exchanges;
  sums.inputTokens += more.inputTokens;
  sums.outputTokens += more.outputTokens;
  sums.costNanoUsd += more.costNanoUsd;
}

/** What one record adds; unknown tokens and costs add nothing. */
export function sumsOf(record: StoredRecord): Sums {
  return {
    exchanges: 1,
    inputTokens: countOf(record.input_tokens),
    outputTokens: countOf(record.output_tokens),
    costNanoUsd: nanoUsdOf(record.cost_nano_usd),
  };
}

/** Integer nano-USD in decimal as records have it; 0n for anything else. */
export function nanoUsdOf(value: unknown): bigint {
  return typeof value === "string" && /^\d{1,30}$/.test(value) ? BigInt(value) : 0n;
}

function countOf(value: unknown): number {
  return typeof value === "number" && value >= 0 ? value : 0;
}
