import type { AccountRow } from "../admin/budgets-api.ts";
import type { OverrideRow } from "../admin/overrides-api.ts";
import type { TargetsAnswer } from "../admin/targets-api.ts";
import type { Snapshot } from "../config/snapshot.ts";
import { systemClock } from "../core/clock.ts";
import type { ReadAccounts } from "../exchange/explaining.ts";
import type { Account, Balance } from "../ledger/ledger.ts";
import type { Override } from "../route/override.ts";
import { RetryBudget } from "../route/retry-budget.ts";
import { adminClient, adminTokenFor, adminUrlOf } from "./admin-client.ts";
import { overridesOf } from "./overrides.ts";
import { CommandFailure } from "./terminal.ts";

/** Where accounts and retries stand, and what operators have ordered: as a running gateway says, or as if nothing were used and nobody had. */
export interface AccountReader {
  readonly read: ReadAccounts;
  readonly overrides: readonly Override[];
  readonly retryBudget: RetryBudget;
  readonly live: boolean;
}

/** Asks the gateway at `url`, which must be running. Without a URL, asks the gateway at the config's address if one runs there. */
export async function accountReader(snapshot: Snapshot, url: string | undefined): Promise<AccountReader> {
  const unused: AccountReader = {
    read: async (accounts) => accounts.map(unusedBalance),
    overrides: [],
    retryBudget: new RetryBudget(),
    live: false,
  };
  const address = url ?? adminUrlOf(snapshot);
  if (address === undefined) return unused;
  const client = adminClient(address, adminTokenFor(address, snapshot));
  const read: ReadAccounts = async (accounts) => {
    if (accounts.length === 0) return [];
    const query = new URLSearchParams();
    for (const { id } of accounts) query.append("id", id);
    const { accounts: found } = (await client.get(`/budgets?${query}`)) as {
      readonly accounts: readonly AccountRow[];
    };
    const rows = new Map(found.map((row) => [row.id, row]));
    return accounts.map((account) => balanceOf(account, rows.get(account.id)));
  };
  try {
    const rows = await overridesOf(client);
    const { retry_budget: usage } = (await client.get("/targets")) as TargetsAnswer;
    const retryBudget = new RetryBudget(usage, systemClock.monotonicMs());
    return { read, overrides: rows.map(overrideOf), retryBudget, live: true };
  } catch (error) {
    if (url !== undefined || !(error instanceof CommandFailure)) throw error;
    return unused;
  }
}

function balanceOf(account: Account, row: AccountRow | undefined): Balance {
  if (row === undefined) return unusedBalance(account);
  return {
    account: { ...account, limit: BigInt(row.limit) },
    used: BigInt(row.used),
    held: BigInt(row.held),
    left: BigInt(row.left),
    resetsAtMs: Date.parse(row.resets_at),
  };
}

function unusedBalance(account: Account): Balance {
  return { account, used: 0n, held: 0n, left: account.limit, resetsAtMs: systemClock.nowMs() };
}

function overrideOf({ since, until, ...row }: OverrideRow): Override {
  return {
    ...row,
    sinceMs: Date.parse(since),
    untilMs: until === null ? undefined : Date.parse(until),
  };
}
