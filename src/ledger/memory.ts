import type { Clock } from "../core/clock.ts";
import { assert, GatewayError } from "../core/errors.ts";
import { ceilingOf } from "./ceiling.ts";
import { amountOf, type Leg, spread, sumByAccount } from "./hold.ts";
import type {
  Account,
  AccountFilter,
  Actual,
  Balance,
  Claim,
  Ledger,
  LostHold,
  Refused,
  RuleTotal,
  Taken,
  Window,
} from "./ledger.ts";
import type { LedgerEvent } from "./ledger-event.ts";
import { LedgerTime } from "./ledger-time.ts";
import { addToTotals, rowsInUse } from "./overview.ts";
import { LedgerState } from "./state.ts";

/** Services and bounds of a ledger in memory. */
export interface MemoryLedgerOptions {
  readonly clock: Clock;
  /** Accounts at most (1,000,000); beyond them reserve throws `capacity`. */
  readonly maxAccounts?: number;
  /** Open holds at most (100,000); beyond them reserve throws `capacity`. */
  readonly maxHolds?: number;
  /** Told of thresholds passed, resets and grants. Must not throw. */
  readonly onEvent?: (event: LedgerEvent) => void;
}

/** A ledger in this process's memory alone: exact, and forgotten with it. */
export function createMemoryLedger(options: MemoryLedgerOptions): MemoryLedger {
  return new MemoryLedger(options);
}

const defaultMaxAccounts = 1_000_000;
const defaultMaxHolds = 100_000;
/** From here a refusal means that the limit is used up, and not that the request is large. */
const usedUpPercent = 95n;
/** About 1.1 billion dollars in nano-dollars: no sum of a claim and a balance leaves 64 bits. */
const amountMax = 2n ** 60n;

/** See {@link createMemoryLedger}. Nothing here waits: every answer is given at once. */
export class MemoryLedger implements Ledger {
  /** Nothing outlives the process. */
  readonly lost: readonly LostHold[] = [];
  readonly error: undefined;
  readonly state: LedgerState;
  readonly #time: LedgerTime;
  readonly #maxHolds: number;
  readonly #onEvent: ((event: LedgerEvent) => void) | undefined;

  constructor(options: MemoryLedgerOptions) {
    this.#time = new LedgerTime(options.clock);
    this.#maxHolds = options.maxHolds ?? defaultMaxHolds;
    this.#onEvent = options.onEvent;
    this.state = new LedgerState(options.maxAccounts ?? defaultMaxAccounts, this.#time);
    this.state.onShared = (account) => this.#onEvent?.({ kind: "crowded", account });
  }

  reserve(
    id: string,
    offers: readonly (readonly Claim[])[],
    about?: (offer: number) => string,
  ): Taken | Refused {
    const { holds, table } = this.state;
    const open = holds.get(id);
    if (open !== undefined) return open.taken;
    if (holds.size >= this.#maxHolds) throw new GatewayError("capacity", "too many open holds");
    const nowMs = this.nowMs();
    table.sweep(nowMs, 1);
    let refused: Refused | undefined;
    for (let offer = 0; offer < offers.length; offer++) {
      const legs: Leg[] = [];
      const outcome = this.#takeAll(offers[offer] ?? [], legs, nowMs);
      if (Array.isArray(outcome)) {
        const taken: Taken = { kind: "taken", offer, observed: outcome };
        this.state.open(nowMs, id, { openedAtMs: nowMs, taken, legs });
        if (about !== undefined) this.state.describe(nowMs, id, about(offer));
        return taken;
      }
      refused = outcome;
    }
    assert(refused !== undefined, "a reserve has at least one offer");
    // A refusal by the claim's own ceiling does not mean that the limit is used up.
    if (!refused.openHoldsOnly && refused.amount > refused.left) this.#tellUsedUp(refused.account);
    return refused;
  }

  adjust(id: string, claims: readonly Claim[], about?: () => string): Taken | Refused {
    const hold = this.state.holds.get(id);
    assert(hold !== undefined, "only an open hold is adjusted");
    const nowMs = this.nowMs();
    const sums = sumByAccount(claims);
    const more: Claim[] = [];
    for (const claim of sums) {
      const row = this.state.table.find(claim.account);
      const amount = claim.amount - (row === undefined ? 0n : amountOf(hold.legs, row));
      if (amount > 0n || !hold.legs.some((leg) => leg.row === row)) more.push({ ...claim, amount });
    }
    const before = hold.legs.length;
    const outcome = this.#takeAll(more, hold.legs, nowMs);
    if (!Array.isArray(outcome)) return outcome;
    const wanted = sums.flatMap(({ account, amount }) => {
      const row = this.state.table.find(account);
      return row === undefined ? [] : [{ row, amount }];
    });
    this.state.adjust(nowMs, id, hold.legs.slice(before), wanted);
    if (about !== undefined) this.state.describe(nowMs, id, about());
    return { kind: "taken", offer: 0, observed: outcome };
  }

  settle(id: string, actuals: readonly Actual[]): void {
    const hold = this.state.holds.get(id);
    if (hold === undefined) return;
    this.state.close(this.nowMs(), id, spread(hold.legs, actuals));
    for (const { row } of hold.legs)
      for (const percent of this.state.takeThresholds(row)) this.#tell(row, percent);
  }

  read(accounts: readonly Account[]): readonly Balance[] {
    const nowMs = this.nowMs();
    return accounts.map((account) => this.#balance(account, this.state.table.find(account), nowMs));
  }

  /** See {@link Ledger.accounts}. It yields to other work in between. */
  async accounts(filter: AccountFilter = {}): Promise<readonly Balance[]> {
    const { name, key = "", max = Number.POSITIVE_INFINITY } = filter;
    const balances: Balance[] = [];
    for await (const row of rowsInUse(this.state.table, () => this.nowMs())) {
      const account = this.state.table.account(row);
      if ((name !== undefined && account.name !== name) || !account.key.includes(key)) continue;
      balances.push(this.#balance(account, row, this.nowMs()));
      if (balances.length >= max) break;
    }
    return balances;
  }

  /** See {@link Ledger.totals}. It yields to other work in between. */
  async totals(): Promise<readonly RuleTotal[]> {
    const totals = new Map<number, RuleTotal>();
    for await (const row of rowsInUse(this.state.table, () => this.nowMs()))
      addToTotals(totals, this.state.table, row);
    return [...totals.values()];
  }

  find(accountId: string): Balance | undefined {
    const row = this.state.table.findId(accountId);
    return row === undefined ? undefined : this.#balance(this.state.table.account(row), row, this.nowMs());
  }

  introduce(account: Account): void {
    this.state.touch(this.nowMs(), account);
  }

  reset(accountId: string, by: string): void {
    const row = this.#known(accountId);
    this.state.reset(this.nowMs(), row);
    this.#onEvent?.({ kind: "reset", account: this.state.table.account(row), by });
  }

  grant(accountId: string, amount: bigint, by: string): void {
    const row = this.#known(accountId);
    const account = this.state.table.account(row);
    if (account.window.kind === "bucket" || account.window.kind === "open")
      throw new GatewayError(
        "invalid_request",
        `"${account.name}" refills by itself: nothing can be granted`,
      );
    assert(amount >= -amountMax && amount <= amountMax, "an amount is within 2^60");
    this.state.grant(this.nowMs(), row, amount);
    this.#onEvent?.({ kind: "granted", account, amount, by });
  }

  openHolds(): number {
    return this.state.holds.size;
  }

  async close(): Promise<void> {}

  /** Wall time in whole milliseconds. */
  nowMs(): number {
    return this.#time.nowMs();
  }

  /** Takes every claim and adds its legs, or none: the accounts in observe mode that had no room, or what stands in the way. */
  #takeAll(claims: readonly Claim[], legs: Leg[], nowMs: number): Account[] | Refused {
    const { table } = this.state;
    const before = legs.length;
    const observed: Account[] = [];
    for (const claim of claims) {
      const { account, amount } = claim;
      assert(amount >= 0n && amount <= amountMax, "an amount is between 0 and 2^60");
      const row = this.state.touch(nowMs, account);
      const room = ceilingOf(claim, account.limit + table.granted(row));
      if (table.counter(row).taken(row) + amount > room) {
        if (claim.observe !== true) {
          while (legs.length > before) this.state.untake(legs);
          return this.#refusal(claim, row, nowMs);
        }
        observed.push(account);
        // A rate that only observes admits what it would admit: what it would refuse must not keep out the next.
        if (account.window.kind === "bucket") continue;
      }
      this.state.take(legs, row, account.id, amount);
    }
    return observed;
  }

  #refusal(claim: Claim, row: number, nowMs: number): Refused {
    const { account, amount } = claim;
    const counter = this.state.table.counter(row);
    const limit = account.limit + this.state.table.granted(row);
    const room = ceilingOf(claim, limit);
    const left = atLeastZero(limit - counter.taken(row));
    const lapsing = amount > room ? counter.taken(row) : counter.taken(row) + amount - room;
    return {
      kind: "refused",
      account: limit === account.limit ? account : { ...account, limit },
      amount,
      left,
      resetsAtMs: Math.min(
        Math.max(nowMs, counter.lapsesAtMs(row, lapsing)),
        nowMs + longestWaitMs(account.window),
      ),
      openHoldsOnly: counter.used(row) + amount <= room,
    };
  }

  #balance(asked: Account, row: number | undefined, nowMs: number): Balance {
    if (row === undefined)
      return { account: asked, used: 0n, held: 0n, left: asked.limit, resetsAtMs: nowMs };
    const counter = this.state.table.counter(row);
    counter.lapse(row, nowMs);
    const granted = this.state.table.granted(row);
    const account = granted === 0n ? asked : { ...asked, limit: asked.limit + granted };
    const used = counter.used(row);
    const taken = counter.taken(row);
    const resetsAtMs = taken === 0n ? nowMs : counter.lapsesAtMs(row, taken);
    return { account, used, held: taken - used, left: atLeastZero(account.limit - taken), resetsAtMs };
  }

  /** A budget that refuses for what is settled is used up, even if its last cents are left because they are too few. */
  #tellUsedUp(account: Account): void {
    const { table } = this.state;
    const row = table.find(account);
    if (row === undefined || table.rule(row).alerts?.includes(100) !== true) return;
    if (table.columns.alerted.get(row) >= 100) return;
    if (table.counter(row).used(row) * 100n < account.limit * usedUpPercent) return;
    this.state.alert(this.nowMs(), row, 100);
    this.#tell(row, 100);
  }

  #tell(row: number, percent: number): void {
    const balance = this.#balance(this.state.table.account(row), row, this.nowMs());
    this.#onEvent?.({ kind: "threshold", percent, balance });
  }

  #known(accountId: string): number {
    const row = this.state.table.findId(accountId);
    if (row === undefined) throw new GatewayError("invalid_request", `no account "${accountId}" is in use`);
    return row;
  }
}

/** No wait is longer than the window: debt, and usage counted by a clock that was ahead, are looked at again then. */
function longestWaitMs(window: Window): number {
  return window.kind === "bucket" || window.kind === "rolling" ? window.lengthMs : Number.POSITIVE_INFINITY;
}

function atLeastZero(value: bigint): bigint {
  return value > 0n ? value : 0n;
}
