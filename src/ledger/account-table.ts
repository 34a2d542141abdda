import { assert, GatewayError } from "../core/errors.ts";
import { Int32Column } from "./column.ts";
import { Columns, type Counter } from "./counter.ts";
import { createCounter } from "./create-counter.ts";
import type { Account } from "./ledger.ts";
import { formatWindow } from "./window.ts";

const sweepAtAdd = 2;
const sweepWhenFull = 1_000;

/** What the accounts of one rule share. */
export interface Rule {
  readonly index: number;
  readonly account: Omit<Account, "id" | "key" | "limit" | "alerts">;
  readonly counter: Counter;
  /** As last asked with. */
  alerts: readonly number[] | undefined;
}

/**
 * Every account the ledger knows, by id: a row of {@link Columns} each. An account that says nothing any more (nothing held, all that
 * was used has lapsed) gives its row back; a few rows are looked at with each new one, so no call pays for many.
 */
export class AccountTable {
  readonly columns = new Columns();
  readonly #maxAccounts: number;
  readonly #rows = new Map<string, number>();
  readonly #ids: (string | undefined)[] = [];
  readonly #rules: Rule[] = [];
  readonly #ruleIndex = new Map<string, Rule>();
  readonly #ruleOf = new Int32Column();
  readonly #free: number[] = [];
  #swept = 0;

  constructor(maxAccounts: number) {
    this.#maxAccounts = maxAccounts;
  }

  /** Accounts known now. */
  get size(): number {
    return this.#rows.size;
  }

  /** The row of an account; undefined when nothing is known of it. */
  find(id: string): number | undefined {
    return this.#rows.get(id);
  }

  /** A new row, as of now. Throws `capacity` when there are too many. */
  add(account: Account, nowMs: number): number {
    this.sweep(nowMs, this.#rows.size < this.#maxAccounts ? sweepAtAdd : sweepWhenFull);
    if (this.#rows.size >= this.#maxAccounts) throw new GatewayError("capacity", "too many ledger accounts");
    const row = this.#free.pop() ?? this.#ids.length;
    const rule = this.#ruleFor(account);
    this.#ids[row] = account.id;
    this.#rows.set(account.id, row);
    this.#ruleOf.set(row, rule.index);
    this.columns.limit.set(row, account.limit);
    rule.counter.lapse(row, nowMs);
    return row;
  }

  /** Brings a row to now, and to the limit asked with: what was used stays. */
  refresh(row: number, account: Account, nowMs: number): Counter {
    const rule = this.rule(row);
    rule.counter.lapse(row, nowMs);
    if (this.columns.limit.get(row) !== account.limit) this.columns.limit.set(row, account.limit);
    rule.alerts = account.alerts;
    return rule.counter;
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

  /** The account of a row, with the limit last asked with. */
  account(row: number): Account {
    const id = this.id(row);
    const { account, alerts } = this.rule(row);
    const key = id.slice(account.name.length + 1, id.indexOf("|", account.name.length + 1));
    const limit = this.columns.limit.get(row);
    return alerts === undefined ? { ...account, id, key, limit } : { ...account, id, key, limit, alerts };
  }

  /** Rows in use, in no particular order. */
  rows(): Iterable<number> {
    return this.#rows.values();
  }

  /** Looks at the next `count` rows and gives back those that say nothing any more. */
  sweep(nowMs: number, count: number): void {
    for (let looked = Math.min(count, this.#ids.length); looked > 0; looked--) {
      this.#swept = (this.#swept + 1) % this.#ids.length;
      if (this.#ids[this.#swept] !== undefined && this.isIdle(this.#swept, nowMs)) this.#remove(this.#swept);
    }
  }

  /** Whether forgetting the row would change nothing. */
  isIdle(row: number, nowMs: number): boolean {
    if (this.columns.holds.get(row) > 0) return false;
    const counter = this.counter(row);
    counter.lapse(row, nowMs);
    return counter.taken(row) === 0n;
  }

  #remove(row: number): void {
    this.counter(row).free(row);
    this.#rows.delete(this.id(row));
    this.#ids[row] = undefined;
    this.#free.push(row);
    this.columns.clear(row);
  }

  #ruleFor(account: Account): Rule {
    const { name, unit, window, alerts, backend } = account;
    const id = [name, unit, formatWindow(window), backend].join("|");
    const known = this.#ruleIndex.get(id);
    if (known !== undefined) return known;
    const shared = backend === undefined ? { name, unit, window } : { name, unit, window, backend };
    const counter = createCounter(window, this.columns);
    const rule: Rule = { index: this.#rules.length, account: shared, counter, alerts };
    this.#rules.push(rule);
    this.#ruleIndex.set(id, rule);
    return rule;
  }
}
