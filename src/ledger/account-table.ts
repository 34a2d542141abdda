import { assert, GatewayError } from "../core/errors.ts";
import { Int32Column } from "./column.ts";
import { Columns, type Counter } from "./counter.ts";
import { createCounter } from "./create-counter.ts";
import type { Account } from "./ledger.ts";
import { formatWindow } from "./window.ts";

const sweepAtAdd = 2;
const sweepWhenFull = 1_000;
/** An idle account stays this long: a slot that is free for a moment would be made again and again. */
const keepIdleMinutes = 10;

/** What the accounts of one rule share. */
export interface Rule {
  readonly index: number;
  readonly account: Omit<Account, "id" | "key" | "limit" | "alerts">;
  readonly counter: Counter;
  /** As last asked with. */
  alerts: readonly number[] | undefined;
}

/** The part of an account that its rule has in common with others. */
type RuleFields = Rule["account"] & { readonly alerts?: readonly number[] | undefined };

/** More than the limit, granted for the window of `mark`. */
export interface Grant {
  readonly amount: bigint;
  readonly mark: number;
}

/**
 * Every account the ledger knows, by id: a row of {@link Columns} each. An account that says nothing any more (nothing held, all that
 * was used has lapsed) gives its row back; a few rows are looked at with each new one, so no call pays for many.
 */
export class AccountTable {
  readonly columns: Columns;
  readonly #maxAccounts: number;
  readonly #rows = new Map<string, number>();
  readonly #rules: Rule[] = [];
  readonly #ruleIndex = new Map<string, Rule>();
  readonly #free: number[] = [];
  #ids: (string | undefined)[] = [];
  #ruleOf = new Int32Column();
  #grants = new Map<number, Grant>();
  #swept = 0;

  constructor(maxAccounts: number, columns = new Columns()) {
    this.#maxAccounts = maxAccounts;
    this.columns = columns;
  }

  /** As it is now, apart from what happens next: for reading row by row, not for looking accounts up. */
  copy(): AccountTable {
    const copy = new AccountTable(0, new Columns(this.columns));
    copy.#ids = this.#ids.slice();
    copy.#ruleOf = this.#ruleOf.copy();
    copy.#grants = new Map(this.#grants);
    for (const rule of this.#rules) copy.#ruleFor({ ...rule.account, alerts: rule.alerts });
    return copy;
  }

  /** Accounts known now. */
  get size(): number {
    return this.#rows.size;
  }

  /** Rows ever used are below this. */
  get rowsEnd(): number {
    return this.#ids.length;
  }

  /** The row of an account; undefined when nothing is known of it. */
  find(id: string): number | undefined {
    return this.#rows.get(id);
  }

  /** A row for a new account. Throws `capacity` when there are too many. */
  add(account: Account, nowMs: number): number {
    this.sweep(nowMs, this.#rows.size < this.#maxAccounts ? sweepAtAdd : sweepWhenFull);
    if (this.#rows.size >= this.#maxAccounts) throw new GatewayError("capacity", "too many ledger accounts");
    const row = this.#free.pop() ?? this.#ids.length;
    this.#assign(row, account);
    this.counter(row).lapse(row, nowMs);
    return row;
  }

  /** Gives an account the row it had, as a journal tells; what else was known of either is forgotten. {@link findFreeRows} comes after the last. */
  restore(row: number, account: Account): void {
    const earlier = this.#rows.get(account.id);
    if (earlier !== undefined && earlier !== row) this.#clear(earlier);
    if (this.#ids[row] === account.id) {
      this.#ruleOf.set(row, this.#ruleFor(account).index);
      this.columns.limit.set(row, account.limit);
      return;
    }
    if (this.#ids[row] !== undefined) this.#clear(row);
    while (this.#ids.length < row) this.#ids.push(undefined);
    this.#assign(row, account);
  }

  /** Makes the rows that restoring has left out free for new accounts. */
  findFreeRows(): void {
    for (let row = this.#ids.length - 1; row >= 0; row--)
      if (this.#ids[row] === undefined) this.#free.push(row);
  }

  counter(row: number): Counter {
    return this.rule(row).counter;
  }

  rule(row: number): Rule {
    const rule = this.#rules[this.#ruleOf.get(row)];
    assert(rule !== undefined, "every row has a rule");
    return rule;
  }

  id(row: number): string {
    const id = this.#ids[row];
    assert(id !== undefined, "the row is in use");
    return id;
  }

  /** Whether an account has the row. */
  isUsed(row: number): boolean {
    return this.#ids[row] !== undefined;
  }

  /** The account of a row, with the limit last asked with. */
  account(row: number): Account {
    const id = this.id(row);
    const { account, alerts } = this.rule(row);
    const key = id.slice(account.name.length + 1, id.indexOf("|", account.name.length + 1));
    const limit = this.columns.limit.get(row);
    return alerts === undefined ? { ...account, id, key, limit } : { ...account, id, key, limit, alerts };
  }

  /** What is granted above a row's limit now. */
  granted(row: number): bigint {
    return this.#grants.size === 0 ? 0n : (this.grant(row)?.amount ?? 0n);
  }

  /** The grant in force. */
  grant(row: number): Grant | undefined {
    const grant = this.#grants.get(row);
    return grant !== undefined && this.counter(row).covers(row, grant.mark) ? grant : undefined;
  }

  setGrant(row: number, grant: Grant): void {
    this.#grants.set(row, grant);
  }

  /** Looks at the next `count` rows and gives back those that say nothing any more. */
  sweep(nowMs: number, count: number): void {
    for (let looked = Math.min(count, this.#ids.length); looked > 0; looked--) {
      this.#swept = (this.#swept + 1) % this.#ids.length;
      this.#sweepRow(this.#swept, nowMs);
    }
  }

  /** Notes that a row's account was asked about. */
  touch(row: number, nowMs: number): void {
    this.columns.touchedMinute.set(row, minuteOf(nowMs));
  }

  #sweepRow(row: number, nowMs: number): void {
    const isRecent = minuteOf(nowMs) - this.columns.touchedMinute.get(row) < keepIdleMinutes;
    if (isRecent && this.#rows.size < this.#maxAccounts) return;
    if (!this.isUsed(row) || !this.isIdle(row, nowMs)) return;
    this.#clear(row);
    this.#free.push(row);
  }

  /** Whether forgetting the row would change nothing. */
  isIdle(row: number, nowMs: number): boolean {
    if (this.columns.legs.get(row) > 0) return false;
    const counter = this.counter(row);
    counter.lapse(row, nowMs);
    return counter.taken(row) === 0n && this.granted(row) === 0n;
  }

  #assign(row: number, account: Account): void {
    const id = packed(account.id);
    this.#ids[row] = id;
    this.#rows.set(id, row);
    this.#ruleOf.set(row, this.#ruleFor(account).index);
    this.columns.limit.set(row, account.limit);
  }

  #clear(row: number): void {
    this.#rows.delete(this.id(row));
    this.#ids[row] = undefined;
    this.columns.clear(row);
    this.#grants.delete(row);
  }

  #ruleFor(account: RuleFields): Rule {
    const { name, unit, window, alerts, backend } = account;
    const id = [name, unit, formatWindow(window), backend].join("|");
    let rule = this.#ruleIndex.get(id);
    if (rule === undefined) {
      const shared = backend === undefined ? { name, unit, window } : { name, unit, window, backend };
      const counter = createCounter(window, this.columns);
      rule = { index: this.#rules.length, account: shared, counter, alerts };
      this.#rules.push(rule);
      this.#ruleIndex.set(id, rule);
    }
    rule.alerts = alerts;
    return rule;
  }
}

/** The same text in one piece: an id joined of parts would keep all of them, three times its size. */
function packed(id: string): string {
  return Buffer.from(id).toString();
}

function minuteOf(ms: number): number {
  return Math.floor(ms / 60_000);
}
