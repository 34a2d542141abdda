import { type Condition, compileCondition } from "../condition/condition.ts";
import type { ConditionSection } from "../condition/condition-section.ts";
import type { Account, Claim, Unit, Window } from "../ledger/ledger.ts";
import { formatWindow } from "../ledger/window.ts";
import { accountFields, accountKey, readAccountKey } from "./account-key.ts";
import type { Admission } from "./admission.ts";

/** A limit on one unit in one window, for each combination of key values. */
export interface AccountRule {
  readonly name: string;
  readonly per: readonly string[];
  readonly unit: Unit;
  readonly window: Window;
  readonly limit: bigint;
  readonly overrides: readonly { readonly match: ConditionSection; readonly limit: bigint }[];
  readonly alerts?: readonly number[];
  readonly observe: boolean;
}

/** The accounts of a rule: what they count, in which window, and by which fields they are kept. */
export interface RuleAccounts {
  readonly unit: Unit;
  readonly window: Window;
  readonly fields: readonly string[];
  /** Adds the rule's claims to a list. `backend`: the one that the amount is for, where accounts are kept by it. */
  claim(claims: Claim[], admission: Admission, amount: bigint, backend?: string): void;
  /** The account with a key, whether it has been used or not. Undefined if no account of this rule can have such a key. */
  find(key: string): Account | undefined;
}

/** Compiles the accounts of a rule. */
export function compileAccounts(rule: AccountRule): RuleAccounts {
  const { name, unit, window, alerts, observe } = rule;
  const fields = accountFields(rule.per);
  const suffix = `|${formatWindow(window)}|${unit}`;
  const overrides = rule.overrides.map(({ match, limit }) => ({ matches: compileCondition(match), limit }));
  const accountOf = (
    key: string,
    limit: bigint,
    tenant: string | undefined,
    backend: string | undefined,
  ): Account => ({
    id: `${name}|${key}${suffix}`,
    name,
    key,
    unit,
    window,
    limit,
    ...(alerts === undefined ? undefined : { alerts }),
    ...(tenant === undefined ? undefined : { tenant }),
    ...(backend === undefined ? undefined : { backend }),
  });
  return {
    unit,
    window,
    fields,
    claim(claims, { field, principal }, amount, backend) {
      const fieldHere =
        backend === undefined ? field : (wanted: string) => (wanted === "backend" ? backend : field(wanted));
      const key = accountKey(fields, fieldHere, principal);
      const limit = limitFor(overrides, rule.limit, fieldHere);
      const account = accountOf(key, limit, principal.tenantId, backend);
      claims.push(observe ? { account, amount, observe } : { account, amount });
    },
    find(key) {
      const values = readAccountKey(fields, key);
      if (values === undefined) return undefined;
      const limit = limitFor(overrides, rule.limit, (field) => values.get(field));
      return accountOf(key, limit, values.get("tenant_id"), values.get("backend"));
    },
  };
}

/** Runs `claim` once, or for each backend of the plan where accounts are kept by it. */
export function forEachBackend(
  per: readonly string[],
  { plan }: Admission,
  claim: (backend: string | undefined) => void,
): void {
  if (!per.includes("backend")) claim(undefined);
  else for (const backend of new Set(plan.targets.map(({ target }) => target.backend))) claim(backend);
}

function limitFor(
  overrides: readonly { readonly matches: Condition; readonly limit: bigint }[],
  limit: bigint,
  field: (name: string) => string | undefined,
): bigint {
  for (const override of overrides) if (override.matches(field) === true) return override.limit;
  return limit;
}
