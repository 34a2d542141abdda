import type { Claim } from "./ledger.ts";

/** What a claim may fill of its account's limit: all of it, or its share, rounded down to whole units. */
export function ceilingOf({ ceilingPercent }: Claim, limit: bigint): bigint {
  return ceilingPercent === undefined ? limit : (limit * BigInt(ceilingPercent)) / 100n;
}
