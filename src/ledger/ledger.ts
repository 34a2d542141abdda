import type { MaybePromise } from "../core/maybe-promise.ts";

/** What an account counts. */
export type Unit = "nano_usd" | "requests" | "tokens" | "input_tokens" | "output_tokens" | "slots";

/** A calendar's steps; weeks begin on Monday (ISO 8601) unless a window says otherwise. */
export type Period = "hour" | "day" | "week" | "month";

/**
 * How an account's use lapses: `bucket` refills evenly over its length; `calendar` starts anew at each hour, day, week or month of a
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
  /** What was asked of it. */
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

/** What one exchange really took from an account it has a hold on; accounts left out are settled at 0. */
export interface Actual {
  readonly accountId: string;
  readonly amount: bigint;
}

/** Keeps the accounts. The caller gives each exchange's id to all calls about it. */
export interface Ledger {
  /**
   * Holds the first offer whose accounts all have room, or none; one round trip; idempotent by id while the hold is open.
   * Throws `ledger_unavailable` when the hold cannot be written down, `capacity` when there are too many holds or accounts. `about` tells
   * of the offer that is taken what is to be known of the exchange should this process be lost: a few hundred bytes that are kept with the hold.
   */
  reserve(
    id: string,
    offers: readonly (readonly Claim[])[],
    about?: (offer: number) => string,
  ): MaybePromise<Taken | Refused>;
  /**
   * Replaces an open hold by `claims`, all or none: a refusal leaves it as it was; accounts left out are released. What is added is
   * held in the window of now. An id without an open hold is a bug. Throws as `reserve` does; `about` replaces what is known.
   */
  adjust(id: string, claims: readonly Claim[], about?: () => string): MaybePromise<Taken | Refused>;
  /** Closes a hold, once however often it is called; an unknown id is ignored. More than was held is charged all the same. */
  settle(id: string, actuals: readonly Actual[]): MaybePromise<void>;
  read(accounts: readonly Account[]): MaybePromise<readonly Balance[]>;
  /** Open holds now. */
  openHolds(): number;
  close(): Promise<void>;
}
