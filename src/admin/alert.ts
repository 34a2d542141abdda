import type { LedgerEvent } from "../ledger/ledger-event.ts";
import { tenantOf } from "../ledger/tenant-shares.ts";

/** The body of an alert, as webhooks receive it. */
export type Alert = BudgetAlert | BackendAlert | CrowdedAlert;

/** A backend's provider refuses our credentials, or our account there is used up: nothing of it mends without somebody's doing. */
export interface BackendAlert {
  /** The same as long as it refuses without having answered in between. */
  readonly id: string;
  readonly type: "backend.refused";
  /** ISO 8601. */
  readonly time: string;
  /** The backend's name in the config. */
  readonly backend: string;
  /** Models that have one target left at most. */
  readonly models_left_alone: readonly string[];
}

/** A tenant has made up so many names that its new accounts of a rule share one. */
export interface CrowdedAlert {
  /** The same within a day. */
  readonly id: string;
  readonly type: "limit.crowded";
  /** ISO 8601. */
  readonly time: string;
  /** The limit's or budget's name in the config. */
  readonly rule: string;
  readonly tenant_id: string | null;
  /** The account that is shared, e.g. `tenant_id=acme,workflow=(other)`. */
  readonly key: string;
}

/** A budget passed a threshold. Amounts are decimal strings in the account's unit. */
export interface BudgetAlert {
  /** The same for the same threshold in the same window: who gets one twice can tell. */
  readonly id: string;
  readonly type: "budget.threshold";
  /** ISO 8601. */
  readonly time: string;
  /** The budget's name in the config. */
  readonly budget: string;
  /** Whose account it is, e.g. `tenant_id=acme`; empty for a budget of all together. */
  readonly key: string;
  /** Percent of the limit. */
  readonly threshold: number;
  readonly unit: string;
  readonly used: string;
  readonly held: string;
  readonly limit: string;
  readonly resets_at: string;
}

/** The alert that a ledger's event calls for. */
export function alertOf(
  { percent, balance }: Extract<LedgerEvent, { kind: "threshold" }>,
  nowMs: number,
): BudgetAlert {
  const { account, used, held, resetsAtMs } = balance;
  const resetsAt = new Date(resetsAtMs).toISOString();
  return {
    id: `${account.id}|${percent}|${account.window.kind === "calendar" ? resetsAt : new Date(nowMs).toISOString()}`,
    type: "budget.threshold",
    time: new Date(nowMs).toISOString(),
    budget: account.name,
    key: account.key,
    threshold: percent,
    unit: account.unit,
    used: used.toString(),
    held: held.toString(),
    limit: account.limit.toString(),
    resets_at: resetsAt,
  };
}

/** The alert that a tenant with too many accounts calls for. */
export function crowdedAlert(
  { account }: Extract<LedgerEvent, { kind: "crowded" }>,
  nowMs: number,
): CrowdedAlert {
  const time = new Date(nowMs).toISOString();
  return {
    id: `${account.id}|crowded|${time.slice(0, 10)}`,
    type: "limit.crowded",
    time,
    rule: account.name,
    tenant_id: tenantOf(account) ?? null,
    key: account.key,
  };
}
