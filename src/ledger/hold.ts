import type { Actual, Claim, Taken } from "./ledger.ts";

/** What a hold takes from one account, and the moment it belongs to. */
export interface Leg {
  readonly row: number;
  /** Of the row; empty until a replay is over. */
  accountId: string;
  readonly mark: number;
  amount: bigint;
}

/** What is set aside for one exchange. An account has a leg for each window that something was added in, in that order. */
export interface Hold {
  readonly openedAtMs: number;
  /** What its reserve was answered, so that asking again is answered the same. */
  readonly taken: Taken;
  readonly legs: Leg[];
  /** What its exchange is about, for whoever settles it after a crash. */
  about?: string;
}

/** An amount of a row. */
export interface RowAmount {
  readonly row: number;
  readonly amount: bigint;
}

/** What a list has of a row, added up. */
export function amountOf(list: readonly RowAmount[], row: number): bigint {
  let sum = 0n;
  for (const entry of list) if (entry.row === row) sum += entry.amount;
  return sum;
}

/** What each leg is charged: the legs of one account are used up in order, and the last takes what is more than was held. */
export function spread(legs: readonly Leg[], actuals: readonly Actual[]): bigint[] {
  return legs.map((leg, at) => {
    let actual = usedOf(leg, at, actuals);
    for (let before = 0; before < at; before++)
      if (legs[before]?.row === leg.row) actual -= legs[before]?.amount ?? 0n;
    if (actual <= 0n) return 0n;
    return actual > leg.amount && hasLaterLeg(legs, at) ? leg.amount : actual;
  });
}

/** What was used of a leg's account; 0 when it is not mentioned. Mostly it is where the leg is. */
function usedOf({ accountId }: Leg, at: number, actuals: readonly Actual[]): bigint {
  const here = actuals[at];
  if (here?.accountId === accountId) return here.amount;
  for (const actual of actuals) if (actual.accountId === accountId) return actual.amount;
  return 0n;
}

/** Claims with those on the same account added up. */
export function sumByAccount(claims: readonly Claim[]): readonly Claim[] {
  const sums = new Map<string, Claim>();
  for (const claim of claims) {
    const { id } = claim.account;
    const amount = claim.amount + (sums.get(id)?.amount ?? 0n);
    sums.set(id, { ...claim, amount });
  }
  return [...sums.values()];
}

function hasLaterLeg(legs: readonly Leg[], at: number): boolean {
  for (let next = at + 1; next < legs.length; next++) if (legs[next]?.row === legs[at]?.row) return true;
  return false;
}
