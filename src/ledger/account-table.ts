import { assert, GatewayError } from "../core/errors.ts";
import { AccountIndex } from "./account-index.ts";
import { AccountColumns, type UsageCounter } from "./counter.ts";
import { createCounter } from "./create-counter.ts";
import type { Account, Window } from "./ledger.ts";
import { LedgerTime } from "./ledger-time.ts";
import { sharedAccount, TenantShares } from "./tenant-shares.ts";
import { carriesInto, formatWindow, roughLengthMs } from "./window.ts";

const sweepAtAdd = 2;
const sweepWhenFull = 1_000;
/** An idle account stays this long: a slot that is free for a moment would be made again and again. */
const keepIdleMinutes = 10;

/** The common data of one rule's accounts. */
export interface AccountRule {
  readonly index: number;
  readonly account: Omit<Account, "id" | "key" | "limit" | "alerts" | "tenant">;
  /** The parts of the accounts' ids before and after their keys. */
  readonly idStart: string;
  readonly idEnd: string;
  readonly counter: UsageCounter;
  /** As last asked with. */
  alerts: readonly number[] | undefined;
}

/** The part of an account that its rule has in common with others. */
type RuleFields = AccountRule["account"] & { readonly alerts?: readonly number[] | undefined };

/** More than the limit, granted for the window of `mark`. */
export interface Grant {
  readonly amount: bigint;
  readonly mark: number;
}

/**
 * Every account the ledger knows, by rule and key: a row of {@link AccountColumns} each. An account that says nothing any more (nothing held, all that
 * was used has lapsed) gives its row back; a few rows are looked at with each new one, so no call pays for many.
 */
export class AccountTable {
  readonly columns: AccountColumns;
  readonly time: LedgerTime;
  readonly #maxAccounts: number;
  readonly #rules: AccountRule[] = [];
  /** By name: few have the same. */
  readonly #rulesNamed = new Map<string, AccountRule[]>();
  readonly #free: number[] = [];
  #shares = new TenantShares();
  #index: AccountIndex;
  #grants = new Map<number, Grant>();
  #swept = 0;

  constructor(maxAccounts: number, time = new LedgerTime(), columns = new AccountColumns()) {
    this.#maxAccounts = maxAccounts;
    this.time = time;
    this.columns = columns;
    this.#index = new AccountIndex(columns.hash, columns.rule);
  }

  /** As it is now, apart from what happens next: for reading row by row, not for looking accounts up. */
  copy(): AccountTable {
    const copy = new AccountTable(0, this.time, new AccountColumns(this.columns));
    copy.#index = this.#index.copyKeys(copy.columns.hash, copy.columns.rule);
    copy.#grants = new Map(this.#grants);
    copy.#shares = this.#shares.copyTenants();
    for (const rule of this.#rules) copy.#ruleFor({ ...rule.account, alerts: rule.alerts });
    return copy;
  }

  /** Accounts known now. */
  get size(): number {
    return this.#index.size;
  }

  /** Rows ever used are below this. */
  get rowsEnd(): number {
    return this.#index.rowsEnd;
  }

  /** The row of an account, or of the one that it shares; undefined when nothing is known of it. */
  find(account: Account): number | undefined {
    const rule = this.#findRule(account);
    if (rule === undefined) return undefined;
    const own = this.#index.find(rule.index, account.key);
    if (own !== undefined || !this.#shares.isFull(account, this.#room)) return own;
    return this.#index.find(rule.index, sharedAccount(account).key);
  }

  /** True if a row belongs to the account. */
  holds(row: number, account: Account): boolean {
    return this.#findOwn(account) === row;
  }

  /** The account to keep for one that is not known: itself, or the one that it shares where its tenant has too many. */
  admit(account: Account): Account {
    return this.#shares.isFull(account, this.#room) ? sharedAccount(account) : account;
  }

  /** The row of the account with this id; undefined when nothing is known of it. */
  findId(id: string): number | undefined {
    for (const { index, idStart, idEnd } of this.#rules) {
      const keyLength = id.length - idStart.length - idEnd.length;
      if (keyLength < 0 || !id.startsWith(idStart) || !id.endsWith(idEnd)) continue;
      const row = this.#index.find(index, id.substring(idStart.length, idStart.length + keyLength));
      if (row !== undefined) return row;
    }
    return undefined;
  }

  /** A row for a new account. Throws `capacity` when there are too many. */
  add(account: Account, nowMs: number): number {
    this.sweep(nowMs, this.size < this.#maxAccounts ? sweepAtAdd : sweepWhenFull);
    if (this.size >= this.#maxAccounts) throw new GatewayError("capacity", "too many ledger accounts");
    const row = this.#free.pop() ?? this.rowsEnd;
    this.#assign(row, account);
    this.counter(row).lapse(row, nowMs);
    return row;
  }

  /**
   * Carries usage over to the account of a row from accounts that the same rule kept by the same key in other windows, before the config changed. Returns the most that one of them has now. One of the same length has nothing afterwards.
   */
  takeOver(row: number, nowMs: number): bigint {
    const { index, account } = this.rule(row);
    let most = 0n;
    for (const other of this.#rulesNamed.get(account.name) ?? []) {
      const { unit, window, backend } = other.account;
      if (other.index === index || unit !== account.unit || backend !== account.backend) continue;
      const before = carriesInto(window, account.window)
        ? this.#index.find(other.index, this.#key(row))
        : undefined;
      if (before === undefined) continue;
      other.counter.lapse(before, nowMs);
      const taken = other.counter.taken(before);
      if (taken > most) most = taken;
      if (roughLengthMs(window) === roughLengthMs(account.window)) this.#empty(before);
    }
    return most;
  }

  /** Number of accounts that can still be added. */
  get #room(): number {
    return this.#maxAccounts - this.size;
  }

  /** Gives an account the row it had, as a journal tells; what else was known of either is forgotten. {@link findFreeRows} comes after the last. */
  restore(row: number, account: Account): void {
    const earlier = this.#findOwn(account);
    if (earlier === row) {
      this.#ruleFor(account);
      this.columns.limit.set(row, account.limit);
      return;
    }
    if (earlier !== undefined) this.#clear(earlier);
    if (this.isUsed(row)) this.#clear(row);
    this.#assign(row, account);
  }

  /** Makes the rows that restoring has left out free for new accounts. */
  findFreeRows(): void {
    this.#free.length = 0;
    for (let row = this.rowsEnd - 1; row >= 0; row--) if (!this.isUsed(row)) this.#free.push(row);
  }

  counter(row: number): UsageCounter {
    return this.rule(row).counter;
  }

  rule(row: number): AccountRule {
    const rule = this.#rules[this.columns.rule.get(row)];
    assert(rule !== undefined, "every row has a rule");
    return rule;
  }

  id(row: number): string {
    const { idStart, idEnd } = this.rule(row);
    return `${idStart}${this.#key(row)}${idEnd}`;
  }

  /** True if an account has the row. */
  isUsed(row: number): boolean {
    return this.#index.keyAt(row) !== undefined;
  }

  /** The account of a row, with the limit last asked with. */
  account(row: number): Account {
    const { account, alerts } = this.rule(row);
    const [id, key, limit] = [this.id(row), this.#key(row), this.columns.limit.get(row)];
    const tenant = this.#shares.tenantAt(row);
    return {
      ...account,
      id,
      key,
      limit,
      ...(alerts === undefined ? undefined : { alerts }),
      ...(tenant === undefined ? undefined : { tenant }),
    };
  }

  /** The amount granted above a row's limit now. */
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
    for (let looked = Math.min(count, this.rowsEnd); looked > 0; looked--) {
      this.#swept = (this.#swept + 1) % this.rowsEnd;
      this.#sweepRow(this.#swept, nowMs);
    }
  }

  /** Notes that a row's account was asked about. */
  touch(row: number, nowMs: number): void {
    this.columns.touchedMinute.set(row, minuteOf(this.time.steadyMs(nowMs)));
  }

  #sweepRow(row: number, nowMs: number): void {
    if (this.size < this.#maxAccounts && this.#isKept(row, nowMs)) return;
    if (!this.isUsed(row) || !this.isIdle(row, nowMs)) return;
    this.#clear(row);
    this.#free.push(row);
  }

  /** True if a row stays although it is idle. Usage that lapsed by a clock set forward may count again. */
  #isKept(row: number, nowMs: number): boolean {
    if (this.time.isDoubtful(nowMs)) return true;
    return minuteOf(this.time.steadyMs(nowMs)) - this.columns.touchedMinute.get(row) < keepIdleMinutes;
  }

  /** True if forgetting the row would change nothing. */
  isIdle(row: number, nowMs: number): boolean {
    if (this.columns.legs.get(row) > 0) return false;
    const counter = this.counter(row);
    counter.lapse(row, nowMs);
    return counter.taken(row) === 0n && this.granted(row) === 0n;
  }

  /** Forgets what a row has; open holds keep it. */
  #empty(row: number): void {
    if (this.columns.legs.get(row) > 0) {
      this.counter(row).reset(row);
      return;
    }
    this.#clear(row);
    this.#free.push(row);
  }

  #findOwn(account: Account): number | undefined {
    const rule = this.#findRule(account);
    return rule === undefined ? undefined : this.#index.find(rule.index, account.key);
  }

  #key(row: number): string {
    const key = this.#index.keyAt(row);
    assert(key !== undefined, "the row is in use");
    return key;
  }

  #assign(row: number, account: Account): void {
    this.columns.reach(row);
    this.#index.add(row, this.#ruleFor(account).index, account.key);
    this.columns.limit.set(row, account.limit);
    this.#shares.added(row, account);
  }

  #clear(row: number): void {
    this.#shares.removed(row);
    this.#index.remove(row);
    this.columns.clear(row);
    this.#grants.delete(row);
  }

  #findRule({ name, unit, window, backend }: RuleFields): AccountRule | undefined {
    const named = this.#rulesNamed.get(name);
    if (named === undefined) return undefined;
    for (const rule of named) {
      const { account } = rule;
      if (account.unit === unit && account.backend === backend && isSame(account.window, window)) return rule;
    }
    return undefined;
  }

  #ruleFor(fields: RuleFields): AccountRule {
    const known = this.#findRule(fields);
    if (known !== undefined) {
      known.alerts = fields.alerts;
      return known;
    }
    const { name, unit, window, alerts, backend } = fields;
    const rule: AccountRule = {
      index: this.#rules.length,
      account: backend === undefined ? { name, unit, window } : { name, unit, window, backend },
      idStart: `${name}|`,
      idEnd: `|${formatWindow(window)}|${unit}`,
      counter: createCounter(window, this.columns, this.time),
      alerts,
    };
    this.#rules.push(rule);
    this.#rulesNamed.set(name, [...(this.#rulesNamed.get(name) ?? []), rule]);
    return rule;
  }
}

/** A policy's claims have the same window each time: most are told by that alone. */
function isSame(one: Window, other: Window): boolean {
  return one === other || (one.kind === other.kind && formatWindow(one) === formatWindow(other));
}

function minuteOf(ms: number): number {
  return Math.floor(ms / 60_000);
}
