import type { Clock } from "../core/clock.ts";
import { assert, GatewayError } from "../core/errors.ts";
import { AccountTable } from "./account-table.ts";
import { amountHeld, amountUsed, type Hold, hasLaterLeg, type Leg, sumByAccount } from "./hold.ts";
import type { Account, Actual, Balance, Claim, Ledger, Refused, Taken } from "./ledger.ts";

/** What a ledger in memory needs, and its bounds. */
export interface MemoryLedgerOptions {
  readonly clock: Clock;
  /** Accounts at most; beyond them reserve throws `capacity`. */
  readonly maxAccounts?: number;
  /** Open holds at most; beyond them reserve throws `capacity`. */
  readonly maxHolds?: number;
}

/** A ledger in this process's memory alone: exact, and forgotten with it. */
export function createMemoryLedger(options: MemoryLedgerOptions): MemoryLedger {
  return new MemoryLedger(options);
}

const defaultMaxAccounts = 1_000_000;
const defaultMaxHolds = 100_000;
/** About 1.1 billion dollars in nano-dollars: no sum of a claim and a balance leaves 64 bits. */
const maxAmount = 2n ** 60n;

/** See {@link createMemoryLedger}. Nothing here waits: every answer is given at once. */
export class MemoryLedger implements Ledger {
  readonly #clock: Clock;
  readonly #maxHolds: number;
  readonly #table: AccountTable;
  readonly #holds = new Map<string, Hold>();

  constructor(options: MemoryLedgerOptions) {
    this.#clock = options.clock;
    this.#maxHolds = options.maxHolds ?? defaultMaxHolds;
    this.#table = new AccountTable(options.maxAccounts ?? defaultMaxAccounts);
  }

  reserve(id: string, offers: readonly (readonly Claim[])[]): Taken | Refused {
    const open = this.#holds.get(id);
    if (open !== undefined) return open.taken;
    if (this.#holds.size >= this.#maxHolds) throw new GatewayError("capacity", "too many open holds");
    const nowMs = this.#nowMs();
    this.#table.sweep(nowMs, 1);
    let refused: Refused | undefined;
    for (let offer = 0; offer < offers.length; offer++) {
      const legs: Leg[] = [];
      const outcome = this.#takeAll(offers[offer] ?? [], legs, nowMs);
      if (!Array.isArray(outcome)) {
        refused = outcome;
        continue;
      }
      const taken: Taken = { kind: "taken", offer, observed: outcome };
      this.#holds.set(id, { openedAtMs: nowMs, taken, legs });
      return taken;
    }
    assert(refused !== undefined, "a reserve has at least one offer");
    return refused;
  }

  adjust(id: string, claims: readonly Claim[]): Taken | Refused {
    const hold = this.#holds.get(id);
    assert(hold !== undefined, "only an open hold is adjusted");
    const wanted = sumByAccount(claims);
    const nowMs = this.#nowMs();
    const more: Claim[] = [];
    for (const claim of wanted) {
      const row = this.#table.find(claim.account.id);
      const amount = claim.amount - (row === undefined ? 0n : amountHeld(hold.legs, row));
      if (amount > 0n || !hold.legs.some((leg) => leg.row === row)) more.push({ ...claim, amount });
    }
    const outcome = this.#takeAll(more, hold.legs, nowMs);
    if (!Array.isArray(outcome)) return outcome;
    this.#shrink(hold, wanted, nowMs);
    return { kind: "taken", offer: 0, observed: outcome };
  }

  settle(id: string, actuals: readonly Actual[]): void {
    const hold = this.#holds.get(id);
    if (hold === undefined) return;
    this.#holds.delete(id);
    const nowMs = this.#nowMs();
    const { legs } = hold;
    for (let at = 0; at < legs.length; at++) {
      const leg = legs[at];
      assert(leg !== undefined, "the leg is there");
      let actual = amountUsed(actuals, this.#table.id(leg.row));
      for (let before = 0; before < at; before++)
        if (legs[before]?.row === leg.row) actual -= legs[before]?.amount ?? 0n;
      // Later legs are of later windows: each is used up before the next.
      if (actual > leg.amount && hasLaterLeg(legs, at)) actual = leg.amount;
      this.#release(leg, actual > 0n ? actual : 0n, nowMs);
    }
  }

  read(accounts: readonly Account[]): readonly Balance[] {
    const nowMs = this.#nowMs();
    return accounts.map((account) => this.#balance(account, this.#table.find(account.id), nowMs));
  }

  /** Every account that says something now. */
  accounts(): readonly Balance[] {
    const nowMs = this.#nowMs();
    const balances: Balance[] = [];
    for (const row of this.#table.rows())
      if (!this.#table.isIdle(row, nowMs)) balances.push(this.#balance(this.#table.account(row), row, nowMs));
    return balances;
  }

  openHolds(): number {
    return this.#holds.size;
  }

  async close(): Promise<void> {}

  /** Takes every claim and adds its legs, or none: the accounts in observe mode that had no room, or what stands in the way. */
  #takeAll(claims: readonly Claim[], legs: Leg[], nowMs: number): Account[] | Refused {
    const before = legs.length;
    const observed: Account[] = [];
    for (const claim of claims) {
      const { account, amount } = claim;
      assert(amount >= 0n && amount <= maxAmount, "an amount is between 0 and 2^60");
      const row = this.#table.find(account.id) ?? this.#table.add(account, nowMs);
      const counter = this.#table.refresh(row, account, nowMs);
      if (counter.taken(row) + amount > account.limit) {
        if (claim.observe !== true) {
          while (legs.length > before) this.#untake(legs.pop());
          return this.#refusal(claim, row, nowMs);
        }
        observed.push(account);
        // A rate that only observes admits what it would admit: what it would refuse must not keep out the next.
        if (account.window.kind === "bucket") continue;
      }
      this.#table.columns.holds.add(row, 1);
      legs.push({ row, mark: counter.hold(row, amount), amount });
    }
    return observed;
  }

  /** Ends a leg as if it had never been: nothing has lapsed since. */
  #untake(leg: Leg | undefined): void {
    assert(leg !== undefined, "the leg is there");
    this.#table.counter(leg.row).release(leg.row, leg.mark, leg.amount, 0n);
    this.#table.columns.holds.add(leg.row, -1);
  }

  #refusal({ account, amount }: Claim, row: number, nowMs: number): Refused {
    const counter = this.#table.counter(row);
    const left = atLeastZero(account.limit - counter.taken(row));
    const lapsing = amount > account.limit ? counter.taken(row) : amount - left;
    return {
      kind: "refused",
      account,
      amount,
      left,
      resetsAtMs: Math.max(nowMs, counter.lapsesAtMs(row, lapsing)),
      openHoldsOnly: counter.used(row) + amount <= account.limit,
    };
  }

  /** Gives back what a hold has above the amounts wanted, the newest first. An account that is wanted keeps a leg, if of 0. */
  #shrink(hold: Hold, wanted: readonly Claim[], nowMs: number): void {
    for (let at = hold.legs.length - 1; at >= 0; at--) {
      const leg = hold.legs[at];
      assert(leg !== undefined, "the leg is there");
      const id = this.#table.id(leg.row);
      const target = wanted.find((claim) => claim.account.id === id)?.amount;
      const surplus = amountHeld(hold.legs, leg.row) - (target ?? 0n);
      const isFirst = !hold.legs.some((other, before) => before < at && other.row === leg.row);
      if (target === undefined || (surplus >= leg.amount && !isFirst)) {
        hold.legs.splice(at, 1);
        this.#release(leg, 0n, nowMs);
      } else if (surplus > 0n) {
        const counter = this.#table.counter(leg.row);
        counter.lapse(leg.row, nowMs);
        counter.release(leg.row, leg.mark, surplus, 0n);
        leg.amount -= surplus;
      }
    }
  }

  #release(leg: Leg, actual: bigint, nowMs: number): void {
    const counter = this.#table.counter(leg.row);
    counter.lapse(leg.row, nowMs);
    counter.release(leg.row, leg.mark, leg.amount, actual);
    this.#table.columns.holds.add(leg.row, -1);
  }

  #balance(account: Account, row: number | undefined, nowMs: number): Balance {
    if (row === undefined) return { account, used: 0n, held: 0n, left: account.limit, resetsAtMs: nowMs };
    const counter = this.#table.refresh(row, account, nowMs);
    const used = counter.used(row);
    const taken = counter.taken(row);
    const resetsAtMs = taken === 0n ? nowMs : counter.lapsesAtMs(row, taken);
    return { account, used, held: taken - used, left: atLeastZero(account.limit - taken), resetsAtMs };
  }

  #nowMs(): number {
    return Math.floor(this.#clock.nowMs());
  }
}

function atLeastZero(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
