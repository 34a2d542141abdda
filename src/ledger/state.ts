import { assert } from "../core/errors.ts";
import { AccountTable } from "./account-table.ts";
import { amountOf, type Hold, type Leg, type RowAmount } from "./hold.ts";
import type { Account } from "./ledger.ts";
import type { LedgerTime } from "./ledger-time.ts";
import { RecentSettlements } from "./recent-settlements.ts";

const rearmPercent = 10;
const noThresholds: readonly number[] = [];

/** Told of every change as it happens: the same calls on a {@link LedgerState} that was the same make it the same again. */
export interface ChangeLog {
  /** A row is an account's from now on, or its limit or thresholds have changed. */
  account(nowMs: number, row: number, account: Account): void;
  opened(nowMs: number, id: string, takes: readonly RowAmount[]): void;
  adjusted(nowMs: number, id: string, takes: readonly RowAmount[], wanted: readonly RowAmount[]): void;
  /** States the subject of an open hold's exchange. */
  described(nowMs: number, id: string, about: string): void;
  /** One amount for each leg. */
  closed(nowMs: number, id: string, actuals: readonly bigint[]): void;
  reset(nowMs: number, row: number): void;
  granted(nowMs: number, row: number, amount: bigint): void;
  /** A refusal told a threshold; those that settled use passes are told by `closed`. */
  alerted(nowMs: number, row: number, percent: number): void;
}

/** For a ledger that is forgotten with its process. */
const noChangeLog: ChangeLog = {
  account() {},
  opened() {},
  adjusted() {},
  described() {},
  closed() {},
  reset() {},
  granted() {},
  alerted() {},
};

/** All accounts and open holds, and the changes to them. Callers decide whether a change is allowed. */
export class LedgerState {
  readonly table: AccountTable;
  readonly holds = new Map<string, Hold>();
  readonly settled = new RecentSettlements();
  /** Told of every change from now on. */
  log: ChangeLog = noChangeLog;
  /** Told when a tenant has so many accounts that its next ones share this one. */
  onShared: (account: Account) => void = () => {};

  constructor(maxAccounts: number, time?: LedgerTime) {
    this.table = new AccountTable(maxAccounts, time);
  }

  /** The row of an account, as of now and with the limit asked with: what was used stays. */
  touch(nowMs: number, asked: Account): number {
    const known = this.table.find(asked);
    const account = known === undefined ? this.table.admit(asked) : asked;
    const row = known ?? this.table.add(account, nowMs);
    const rule = this.table.rule(row);
    if (known !== undefined) rule.counter.lapse(row, nowMs);
    this.table.touch(row, nowMs);
    const { limit } = this.table.columns;
    if (known === undefined || limit.get(row) !== account.limit || rule.alerts !== account.alerts) {
      limit.set(row, account.limit);
      rule.alerts = account.alerts;
      this.log.account(nowMs, row, this.table.account(row));
      if (known === undefined) this.takeOver(nowMs, row);
      if (account !== asked) this.onShared(account);
    }
    return row;
  }

  /** A new row goes on with what its account had in other windows, before the config was changed. */
  takeOver(nowMs: number, row: number): void {
    const amount = this.table.takeOver(row, nowMs);
    const counter = this.table.counter(row);
    if (amount > 0n) counter.release(row, counter.mark(row), 0n, amount);
  }

  /** Sets an amount aside, on a row that is as of now. */
  take(legs: Leg[], row: number, accountId: string, amount: bigint): void {
    const counter = this.table.counter(row);
    counter.hold(row, amount);
    this.table.columns.legs.add(row, 1);
    legs.push({ row, accountId, mark: counter.mark(row), amount });
  }

  /** Ends a replay: the legs of open holds get the ids of their accounts, and rows that nobody has are free. */
  endReplay(): void {
    for (const { legs } of this.holds.values())
      for (const leg of legs) leg.accountId = this.table.id(leg.row);
    this.table.findFreeRows();
  }

  /** Removes the last leg as if it had never been; nothing has lapsed since. */
  untake(legs: Leg[]): void {
    const leg = legs.pop();
    assert(leg !== undefined, "the leg is there");
    this.#end(leg, 0n);
  }

  /** Turns the legs taken so far into a hold. */
  open(nowMs: number, id: string, hold: Hold): void {
    this.holds.set(id, hold);
    this.log.opened(nowMs, id, hold.legs);
  }

  /** Stores the subject of a hold's exchange. */
  describe(nowMs: number, id: string, about: string): void {
    this.#hold(id).about = about;
    this.log.described(nowMs, id, about);
  }

  /** `takes` were added to a hold; what it has above `wanted` is given back. */
  adjust(nowMs: number, id: string, takes: readonly RowAmount[], wanted: readonly RowAmount[]): void {
    const legs = this.#hold(id).legs;
    for (let at = legs.length - 1; at >= 0; at--) this.#shrink(nowMs, legs, at, wanted);
    this.log.adjusted(nowMs, id, takes, wanted);
  }

  /** Ends a hold: each leg is charged its own actual. */
  close(nowMs: number, id: string, actuals: readonly bigint[]): void {
    const { legs } = this.#hold(id);
    this.holds.delete(id);
    this.settled.note(id);
    for (let at = 0; at < legs.length; at++) this.#charge(legs[at], nowMs, actuals[at] ?? 0n);
    this.log.closed(nowMs, id, actuals);
  }

  reset(nowMs: number, row: number): void {
    this.table.counter(row).lapse(row, nowMs);
    this.table.counter(row).reset(row);
    this.table.columns.alerted.set(row, 0);
    this.log.reset(nowMs, row);
  }

  /** Adds to what may be taken in the window of now. */
  grant(nowMs: number, row: number, amount: bigint): void {
    const counter = this.table.counter(row);
    counter.lapse(row, nowMs);
    this.table.setGrant(row, { amount: this.table.granted(row) + amount, mark: counter.mark(row) });
    this.log.granted(nowMs, row, amount);
  }

  /** A threshold is told, once a window. */
  alert(nowMs: number, row: number, percent: number): void {
    this.table.counter(row).lapse(row, nowMs);
    this.table.columns.alerted.set(row, percent);
    this.log.alerted(nowMs, row, percent);
  }

  /** Thresholds that settled use has passed and that were not told in this window; told from now on. */
  takeThresholds(row: number): readonly number[] {
    const { alerts, counter } = this.table.rule(row);
    if (alerts === undefined) return noThresholds;
    const { alerted, limit } = this.table.columns;
    const whole = limit.get(row) + this.table.granted(row);
    const used = counter.used(row) * 100n;
    const passed = alerts.filter((percent) => used >= whole * BigInt(percent));
    const told = alerted.get(row);
    const highest = passed.at(-1) ?? 0;
    // A rolling window has no new beginning: what was told is told again only once use has clearly fallen below.
    if (highest > told || used < whole * BigInt(told - rearmPercent)) alerted.set(row, highest);
    return passed.filter((percent) => percent > told);
  }

  /** The newest legs are given back first; an account that is wanted keeps its first leg, if of 0. */
  #shrink(nowMs: number, legs: Leg[], at: number, wanted: readonly RowAmount[]): void {
    const leg = legs[at];
    assert(leg !== undefined, "the leg is there");
    const surplus = amountOf(legs, leg.row) - amountOf(wanted, leg.row);
    const isWanted = wanted.some(({ row }) => row === leg.row);
    if (isWanted && surplus <= 0n) return;
    const counter = this.table.counter(leg.row);
    counter.lapse(leg.row, nowMs);
    const isFirst = !legs.some((other, before) => before < at && other.row === leg.row);
    if (!isWanted || (surplus >= leg.amount && !isFirst)) {
      legs.splice(at, 1);
      this.#end(leg, 0n);
    } else {
      counter.release(leg.row, leg.mark, surplus, 0n);
      leg.amount -= surplus;
    }
  }

  #charge(leg: Leg | undefined, nowMs: number, actual: bigint): void {
    assert(leg !== undefined, "the leg is there");
    this.table.counter(leg.row).lapse(leg.row, nowMs);
    this.#end(leg, actual);
  }

  #end({ row, mark, amount }: Leg, actual: bigint): void {
    this.table.counter(row).release(row, mark, amount, actual);
    this.table.columns.legs.add(row, -1);
  }

  #hold(id: string): Hold {
    const hold = this.holds.get(id);
    assert(hold !== undefined, "only an open hold is adjusted or closed");
    return hold;
  }
}
