/** What an account counts. */
export type Unit = "nano_usd" | "requests" | "tokens" | "input_tokens" | "output_tokens" | "slots";

/**
 * How an account's use lapses: `bucket` refills evenly over its length; `calendar` starts anew at each hour, day, week or month of a
 * time zone; `rolling` forgets what is older than its length; `open` counts only what is held now (concurrency).
 */
export type Window =
  | { readonly kind: "bucket"; readonly lengthMs: number }
  | {
      readonly kind: "calendar";
      readonly period: "hour" | "day" | "week" | "month";
      readonly timeZone: string;
    }
  | { readonly kind: "rolling"; readonly lengthMs: number }
  | { readonly kind: "open" };

/** One counter: a rule × key values × window. Two accounts are the same when `id` is. */
export interface Account {
  /** `rule|key values|window`, unique. */
  readonly id: string;
  /** The rule's name, e.g. `tenant-month`. */
  readonly name: string;
  /** The key values, e.g. `tenant_id=acme`. */
  readonly key: string;
  readonly unit: Unit;
  readonly window: Window;
  readonly limit: bigint;
}

/** An amount asked of an account. */
export interface Claim {
  readonly account: Account;
  readonly amount: bigint;
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
  readonly left: bigint;
  readonly resetsAtMs: number;
  /** True when settled use alone would leave room: what stands in the way is held by calls that are still open. */
  readonly openHoldsOnly: boolean;
}

/** An account as it stands. `used` is settled, `held` is set aside for open exchanges. */
export interface Balance {
  readonly account: Account;
  readonly used: bigint;
  readonly held: bigint;
  readonly left: bigint;
  readonly resetsAtMs: number;
}

/** What one exchange really took from an account it has a hold on; accounts left out are settled at 0. */
export interface Actual {
  readonly accountId: string;
  readonly amount: bigint;
}

/** Keeps the accounts. The caller gives each exchange's id to all calls about it. */
export interface Ledger {
  /** Holds the first offer whose accounts all have room, or none; one round trip; idempotent by id. Throws `ledger_unavailable`. */
  reserve(id: string, offers: readonly (readonly Claim[])[]): Promise<Taken | Refused> | (Taken | Refused);
  /** Replaces the amounts of an open hold, all or none. */
  adjust(id: string, claims: readonly Claim[]): Promise<Taken | Refused> | (Taken | Refused);
  /** Closes a hold, once however often it is called; an unknown id is ignored. */
  settle(id: string, actuals: readonly Actual[]): Promise<void> | void;
  read(accounts: readonly Account[]): Promise<readonly Balance[]> | readonly Balance[];
  /** Open holds now. */
  openHolds(): number;
  close(): Promise<void>;
}
