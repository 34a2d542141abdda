import { GatewayError } from "../core/errors.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import type { Account, Balance } from "../ledger/ledger.ts";
import type { AccountFilter } from "../ledger/overview.ts";
import type { Policy } from "../policy/policy.ts";
import type { BudgetsSource } from "./budgets-api.ts";

/** What is asked of a ledger by hand. */
export interface BudgetLedger {
  accounts(filter: AccountFilter): Promise<readonly Balance[]>;
  find(accountId: string): Balance | undefined;
  read(accounts: readonly Account[]): readonly Balance[];
  introduce(account: Account): void;
  reset(accountId: string, by: string): MaybePromise<void>;
  grant(accountId: string, amount: bigint, by: string): MaybePromise<void>;
}

/** What the interface to budgets and limits needs of a gateway. */
export interface LedgerBudgetsOptions {
  readonly ledger: BudgetLedger;
  /** The limits and budgets of the config in force. */
  readonly policies: () => readonly Policy[];
  readonly audit: BudgetsSource["audit"];
}

/** Limits and budgets of the config in force, with where they stand in the ledger; those that nobody has used yet included. */
export function ledgerBudgets({ ledger, policies, audit }: LedgerBudgetsOptions): BudgetsSource {
  const policyOf = (name: string) => policies().find((policy) => policy.name === name);
  const configured = (id: string): Account | undefined => {
    // A rule's name has no bar in it, and a key's are escaped.
    const [name = "", key = ""] = id.split("|");
    return accountsOf(policyOf(name), key).find((account) => account.id === id);
  };
  const balanceOf = (account: Account): readonly Balance[] => ledger.read([account]);
  return {
    accounts: (filter) => ledger.accounts(filter),
    find: (id) => {
      const account = configured(id);
      return ledger.find(id) ?? (account === undefined ? undefined : balanceOf(account)[0]);
    },
    named: (name, key) => {
      const policy = policyOf(name);
      if (policy === undefined)
        throw new GatewayError("invalid_request", `no limit or budget is called "${name}"`);
      return accountsOf(policy, key).flatMap((account) => ledger.find(account.id) ?? balanceOf(account));
    },
    reset: async (id, by) => {
      if (ledger.find(id) !== undefined || configured(id) === undefined) await ledger.reset(id, by);
    },
    grant: async (id, amount, by) => {
      const account = configured(id);
      if (account !== undefined && ledger.find(id) === undefined) ledger.introduce(account);
      await ledger.grant(id, amount, by);
    },
    degradeOf: (name) => policyOf(name)?.degrade,
    audit,
  };
}

/** The accounts of a policy with a key, one for each unit and window; none: it keeps no such key. */
function accountsOf(policy: Policy | undefined, key: string): readonly Account[] {
  return policy?.rules.flatMap((rule) => rule.find(key) ?? []) ?? [];
}
