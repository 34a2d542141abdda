import { GatewayError } from "../core/errors.ts";
import type { Account, Balance, Ledger } from "../ledger/ledger.ts";
import type { Policy } from "../policy/policy.ts";
import type { BudgetsSource } from "./budgets-api.ts";

/** The part of a ledger that operators use. */
export type BudgetLedger = Pick<Ledger, "accounts" | "find" | "read" | "introduce" | "reset" | "grant">;

/** Services of the budgets API over a ledger. */
export interface LedgerBudgetsOptions {
  readonly ledger: BudgetLedger;
  /** The limits and budgets of the config in force. */
  readonly policies: () => readonly Policy[];
  readonly audit: BudgetsSource["audit"];
}

/** The limits and budgets of the running config and where they stand in the ledger, unused ones included. */
export function ledgerBudgets({ ledger, policies, audit }: LedgerBudgetsOptions): BudgetsSource {
  const policyOf = (name: string) => policies().find((policy) => policy.name === name);
  const configured = (id: string): Account | undefined => {
    // A rule's name has no bar in it, and a key's are escaped.
    const [name = "", key = ""] = id.split("|");
    return accountsOf(policyOf(name), key).find((account) => account.id === id);
  };
  const balanceOf = async (account: Account): Promise<readonly Balance[]> => {
    const known = await ledger.find(account.id);
    return known === undefined ? ledger.read([account]) : [known];
  };
  return {
    accounts: (filter) => ledger.accounts(filter),
    find: async (id) => {
      const account = configured(id);
      return account === undefined ? ledger.find(id) : (await balanceOf(account))[0];
    },
    named: async (name, key) => {
      const policy = policyOf(name);
      if (policy === undefined)
        throw new GatewayError("invalid_request", `no limit or budget is called "${name}"`);
      return (await Promise.all(accountsOf(policy, key).map(balanceOf))).flat();
    },
    reset: async (id, by) => {
      if ((await ledger.find(id)) !== undefined || configured(id) === undefined) await ledger.reset(id, by);
    },
    grant: async (id, amount, by) => {
      const account = configured(id);
      if (account !== undefined && (await ledger.find(id)) === undefined) await ledger.introduce(account);
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
