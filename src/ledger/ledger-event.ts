import type { Account, Balance } from "./ledger.ts";

/** Events about accounts for people: alerts, and manual changes. */
export type LedgerEvent =
  | {
      readonly kind: "threshold";
      /** The share of the limit that settled use has reached; 100 also when a request was refused with less than 5 % left. */
      readonly percent: number;
      readonly balance: Balance;
    }
  /** A tenant has too many accounts of a rule: its new ones share this account from now on. */
  | { readonly kind: "crowded"; readonly account: Account }
  | { readonly kind: "reset"; readonly account: Account; readonly by: string }
  | { readonly kind: "granted"; readonly account: Account; readonly amount: bigint; readonly by: string };
