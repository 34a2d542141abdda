import type { Actual, Claim, Taken } from "./ledger.ts";

/** The part of a hold on one account, and the moment it belongs to. */
export interface Leg {
  readonly row: number;
  /** Of the row; empty until a replay is over. */
  accountId: string;
  readonly mark: number;
  amount: bigint;
}

/** The amounts set aside for one exchange. An account has a leg for each window in which an amount was added, in that order. */
export interface Hold {
  readonly openedAtMs: number;
  /** The answer to its reserve, so that asking again gets the same. */
  readonly taken: Taken;
  readonly legs: Leg[];
  /** The subject of its exchange, for settling it after a crash. */
  about?: string;
}

/** An amount of a row. */
export interface RowAmount {
  readonly row: number;
  readonly amount: bigint;
}

/** The sum of a row's amounts in a list. */
export function amountOf(list: readonly RowAmount[], row: number): bigint {
  let sum = 0n;
  for (const entry of list) if (entry.row === row) sum += entry.amount;
  return sum;
}

/** The charge of each leg: the legs of one account are used up in order, and the last takes what is more than was held. */
export function spread(legs: readonly Leg[], actuals: readonly Actual[]): bigint[] {
  return legs.map((leg, at) => {
    let actual = usedOf(leg, at, actuals);
    for (let before = 0; before < at; before++)
      if (legs[before]?.row === leg.row) actual -= legs[before]?.amount ?? 0n;
    if (actual <= 0n) return 0n;
    return actual > leg.amount && hasLaterLeg(legs, at) ? leg.amount : actual;
  });
}

/** The usage of a leg's account; 0 when it is not mentioned. It is usually at the leg's own index. */
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
