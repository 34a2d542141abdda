import type { StoredRecord } from "./read.ts";

/** The sums of a report. */
export interface Sums {
  exchanges: number;
  inputTokens: number;
  outputTokens: number;
  costNanoUsd: bigint;
  /** Of the cost, what bought no answer: attempts that another had to follow, failed validations, exchanges that broke. */
  wastedNanoUsd: bigint;
}

/** Nothing added up yet. */
export function noSums(): Sums {
  return { exchanges: 0, inputTokens: 0, outputTokens: 0, costNanoUsd: 0n, wastedNanoUsd: 0n };
}

/** Adds one sum to another in place. */
export function addSums(sums: Sums, more: Readonly<Sums>): void {
  sums.exchanges += more.exchanges;
  sums.inputTokens += more.inputTokens;
  sums.outputTokens += more.outputTokens;
  sums.costNanoUsd += more.costNanoUsd;
  sums.wastedNanoUsd += more.wastedNanoUsd;
}

/** The sums of one record; unknown tokens and costs count as none. */
export function sumsOf(record: StoredRecord): Sums {
  const costNanoUsd = nanoUsdOf(record.cost_nano_usd);
  return {
    exchanges: 1,
    inputTokens: countOf(record.input_tokens),
    outputTokens: countOf(record.output_tokens),
    costNanoUsd,
    wastedNanoUsd: costNanoUsd === 0n ? 0n : wastedOf(record, costNanoUsd),
  };
}

/** Integer nano-USD in decimal as records have it; 0n for anything else. */
export function nanoUsdOf(value: unknown): bigint {
  return typeof value === "string" && /^\d{1,30}$/.test(value) ? BigInt(value) : 0n;
}

const brokenEndings: ReadonlySet<unknown> = new Set([
  "upstream_error",
  "upstream_reset",
  "timeout",
  "internal",
  "lost",
]);

function wastedOf(record: StoredRecord, costNanoUsd: bigint): bigint {
  if (record.validation_result === "failed" || brokenEndings.has(record.ending)) return costNanoUsd;
  if (!Array.isArray(record.attempts)) return 0n;
  const failed: readonly StoredRecord[] = record.attempts.slice(0, -1);
  return failed.reduce((sum, attempt) => sum + nanoUsdOf(attempt?.cost_nano_usd), 0n);
}

function countOf(value: unknown): number {
  return typeof value === "number" && value >= 0 ? value : 0;
}
