import type { Actual, Claim, Taken } from "./ledger.ts";

/** What a hold takes from one account, and the moment it belongs to. */
export interface Leg {
  readonly row: number;
  readonly mark: number;
  amount: bigint;
}

/** What is set aside for one exchange. An account has a leg for each window that something was added in, in that order. */
export interface Hold {
  readonly openedAtMs: number;
  /** What its reserve was answered, so that asking again is answered the same. */
  readonly taken: Taken;
  readonly legs: Leg[];
}

/** What a hold has of an account. */
export function amountHeld(legs: readonly Leg[], row: number): bigint {
  let sum = 0n;
  for (const leg of legs) if (leg.row === row) sum += leg.amount;
  return sum;
}

/** Whether a later leg of the same account follows. */
export function hasLaterLeg(legs: readonly Leg[], at: number): boolean {
  for (let next = at + 1; next < legs.length; next++) if (legs[next]?.row === legs[at]?.row) return true;
  return false;
}

/** What was used of an account; 0 when it is not mentioned. */
export function amountUsed(actuals: readonly Actual[], accountId: string): bigint {
  for (const actual of actuals) if (actual.accountId === accountId) return actual.amount;
  return 0n;
}

/** Claims with those on the same account added up. */
export function sumByAccount(claims: readonly Claim[]): readonly Claim[] {
  const sums = new Map<string, Claim>();
  for (const claim of claims) {
    const earlier = sums.get(claim.account.id);
    sums.set(
      claim.account.id,
      earlier === undefined ? claim : { ...earlier, amount: earlier.amount + claim.amount },
    );
  }
  return [...sums.values()];
}
