import type { Claim } from "./ledger.ts";

/** The part of its account's limit that a claim may fill: all of it, or its share, rounded down to whole units. */
export function ceilingOf({ ceilingPercent }: Claim, limit: bigint): bigint {
  return ceilingPercent === undefined ? limit : (limit * BigInt(ceilingPercent)) / 100n;
}
