import type { GatewayError } from "../core/errors.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";

/** The unit of an account. */
export type Unit = "nano_usd" | "requests" | "tokens" | "input_tokens" | "output_tokens" | "slots";

/** A calendar's steps; weeks begin on Monday (ISO 8601) unless a window says otherwise. */
export type Period = "hour" | "day" | "week" | "month";

/**
 * The way in which an account's usage lapses: `bucket` refills evenly over its length; `calendar` starts anew at each hour, day, week or month of a
 * time zone; `rolling` forgets what is older than its length; `open` counts only what is held now (concurrency).
 */
export type Window =
  | { readonly kind: "bucket"; readonly lengthMs: number }
  | CalendarWindow
  | { readonly kind: "rolling"; readonly lengthMs: number }
  | { readonly kind: "open" };

/** A window of the calendar in a time zone. */
export interface CalendarWindow {
  readonly kind: "calendar";
  readonly period: Period;
  readonly timeZone: string;
  /** The day that a month (1 to 28) or a week (1, Monday, to 7) begins on; 1 where absent. */
  readonly resetDay?: number;
  /** The hour that a day, a week or a month begins at, 0 to 23; 0 where absent. */
  readonly resetHour?: number;
}

/** One counter: a rule × key values × window. Two accounts are the same when `id` is, whatever their limit. */
export interface Account {
  /** `rule|key values|window|unit`, unique. */
  readonly id: string;
  /** The rule's name, e.g. `tenant-month`. */
  readonly name: string;
  /** The key values, e.g. `tenant_id=acme`; empty for a rule that is kept for all together. */
  readonly key: string;
  readonly unit: Unit;
  readonly window: Window;
  readonly limit: bigint;
  /** Shares of the limit, percent, ascending: settled use that passes one is told once a window. */
  readonly alerts?: readonly number[];
  /** The tenant whose request made it: no tenant's accounts use up the room of others. Absent: the one in `key`, if any. */
  readonly tenant?: string;
  /** Only what this backend's attempts took counts here. */
  readonly backend?: string;
}

/** An amount asked of an account. */
export interface Claim {
  readonly account: Account;
  readonly amount: bigint;
  /** The share of the limit, percent, that this claim may fill; the whole where nothing is said. */
  readonly ceilingPercent?: number;
  /** Counts what would be refused instead of refusing (`mode: observe`). */
  readonly observe?: boolean;
}

/** The first offer all of whose accounts had room. `observed` names accounts in observe mode that had none. */
export interface Taken {
  readonly kind: "taken";
  readonly offer: number;
  readonly observed: readonly Account[];
}

/** No offer fits: the account that stands in the way of the last one, what is left there, and when it will be more. */
export interface Refused {
  readonly kind: "refused";
  readonly account: Account;
  /** The amount asked for. */
  readonly amount: bigint;
  /** Never below 0. */
  readonly left: bigint;
  /** When the amount would fit (below its ceiling) if nothing else were taken; for `open` windows, and amounts over the whole limit, when the window itself starts anew, or now. */
  readonly resetsAtMs: number;
  /** True when settled use alone would leave room: what stands in the way is held by calls that are still open. */
  readonly openHoldsOnly: boolean;
}

/** An account as it stands. `used` is settled, `held` is set aside for open exchanges. */
export interface Balance {
  readonly account: Account;
  readonly used: bigint;
  readonly held: bigint;
  /** Never below 0. */
  readonly left: bigint;
  /** When all that is used will have lapsed; now, if nothing is. */
  readonly resetsAtMs: number;
}

/** The actual usage of one exchange on an account it has a hold on; accounts left out are settled at 0. */
export interface Actual {
  readonly accountId: string;
  readonly amount: bigint;
}

/** A hold that a crash left open. It is still held, and settles like any other. */
export interface LostHold {
  readonly id: string;
  readonly openedAtMs: number;
  /** The held amounts to be charged; concurrency slots are free again. */
  readonly claims: readonly Claim[];
  /** The last description of the exchange, see {@link Ledger.reserve}. */
  readonly about: string | undefined;
}

/** The accounts to list; an absent criterion matches all. */
export interface AccountFilter {
  /** The name of the rule. */
  readonly name?: string | undefined;
  /** Text that the key contains, e.g. `tenant_id=acme`. */
  readonly key?: string | undefined;
  /** The most accounts to list. */
  readonly max?: number | undefined;
}

/** The sums over all accounts of one rule and window. */
export interface RuleTotal {
  readonly account: Pick<Account, "name" | "unit" | "window">;
  readonly accounts: number;
  readonly used: bigint;
  readonly held: bigint;
  /** The amount left on the only account of a rule without a key. Undefined for other rules. */
  readonly left: bigint | undefined;
}

/** Keeps the accounts. The caller passes each exchange's id to all calls about it. */
export interface Ledger {
  /** Holds that were open when the last process ended; whoever opens the ledger charges, records and settles them. */
  readonly lost: readonly LostHold[];
  /** Why holds cannot be written down now; undefined while they can. While it is set, reserve and adjust throw it, and the gateway is not ready. */
  readonly error: GatewayError | undefined;
  /**
   * Holds the first offer whose accounts all have room, or none; one round trip; idempotent by id while the hold is open.
   * Throws `ledger_unavailable` when the hold cannot be written down, `capacity` when there are too many holds or accounts. `about`
   * describes the exchange for the offer that is taken, in a few hundred bytes; it is kept with the hold in case this process is lost.
   */
  reserve(
    id: string,
    offers: readonly (readonly Claim[])[],
    about?: (offer: number) => string,
  ): MaybePromise<Taken | Refused>;
  /**
   * Replaces an open hold by `claims`, all or none: a refusal leaves it as it was; accounts left out are released. An addition is
   * held in the current window. An id without an open hold is a bug. Throws as `reserve` does; `about` replaces the description.
   */
  adjust(id: string, claims: readonly Claim[], about?: () => string): MaybePromise<Taken | Refused>;
  /** Closes a hold, once however often it is called; an unknown id is ignored. More than was held is charged all the same. */
  settle(id: string, actuals: readonly Actual[]): MaybePromise<void>;
  /** Where these accounts stand, used or not. */
  read(accounts: readonly Account[]): MaybePromise<readonly Balance[]>;
  /** The accounts in use, with the limits they were last asked with. */
  accounts(filter?: AccountFilter): Promise<readonly Balance[]>;
  /** The sums of each rule and window. */
  totals(): Promise<readonly RuleTotal[]>;
  /** The account with this id; undefined where it is not in use. */
  find(accountId: string): MaybePromise<Balance | undefined>;
  /** Makes an account known before its first use, so that something can be granted to it. Throws `capacity` when there are too many. */
  introduce(account: Account): MaybePromise<void>;
  /** Forgets what was used in the current window; open holds stay. `by` is who asked; throws `invalid_request` for an unknown account. */
  reset(accountId: string, by: string): MaybePromise<void>;
  /**
   * Raises an account's limit by an amount until its window ends; a negative amount takes back a grant. `by` is who asked.
   * Throws `invalid_request` for an unknown account, and for rates and concurrency, whose limits are not used up.
   */
  grant(accountId: string, amount: bigint, by: string): MaybePromise<void>;
  /** The number of open holds. */
  openHolds(): number;
  close(): Promise<void>;
}
