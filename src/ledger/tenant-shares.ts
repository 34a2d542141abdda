import type { Account } from "./ledger.ts";

/** Accounts that a tenant may always have, however full the ledger is. */
const leastAccounts = 100;
/** Stands for the values of accounts that share one. No value from a client is written like this. */
const other = "(other)";
const tenantField = "tenant_id=";

/**
 * Counts the accounts of each tenant. A tenant may have as many as there is still room for: one alone takes up half of the ledger, and the next always finds room. Beyond that, its new accounts share one for each rule.
 */
export class TenantShares {
  readonly #counts = new Map<string, number>();
  /** By row. */
  #tenants: (string | undefined)[] = [];

  /** True if an account must be a shared one when there is room for `free` more. */
  isFull(account: Account, free: number): boolean {
    const tenant = tenantOf(account);
    if (tenant === undefined) return false;
    return (this.#counts.get(tenant) ?? 0) >= Math.max(leastAccounts, free);
  }

  added(row: number, account: Account): void {
    const tenant = tenantOf(account);
    while (this.#tenants.length < row) this.#tenants.push(undefined);
    this.#tenants[row] = tenant;
    if (tenant !== undefined) this.#counts.set(tenant, (this.#counts.get(tenant) ?? 0) + 1);
  }

  removed(row: number): void {
    const tenant = this.#tenants[row];
    this.#tenants[row] = undefined;
    if (tenant === undefined) return;
    const count = (this.#counts.get(tenant) ?? 0) - 1;
    if (count > 0) this.#counts.set(tenant, count);
    else this.#counts.delete(tenant);
  }

  /** Whose the rows are now, for reading them; counts nothing. */
  copyTenants(): TenantShares {
    const copy = new TenantShares();
    copy.#tenants = this.#tenants.slice();
    return copy;
  }

  /** The tenant of a row's account. Undefined for a shared one. */
  tenantAt(row: number): string | undefined {
    return this.#tenants[row];
  }
}

/** The tenant that made an account. Undefined if none is known. */
export function tenantOf({ tenant, key }: Pick<Account, "tenant" | "key">): string | undefined {
  if (tenant !== undefined) return tenant;
  return key
    .split(",")
    .find((part) => part.startsWith(tenantField))
    ?.slice(tenantField.length);
}

/** The account that stands for this one where its tenant has too many; itself where nothing but the tenant tells it apart. */
export function sharedAccount(account: Account): Account {
  const key = account.key.split(",").map(sharedPart).join(",");
  const id = account.id.replace(`|${account.key}|`, () => `|${key}|`);
  return key === account.key ? account : { ...account, id, key };
}

function sharedPart(part: string): string {
  const at = part.indexOf("=");
  return at < 0 || part.startsWith(tenantField) ? part : `${part.slice(0, at)}=${other}`;
}
