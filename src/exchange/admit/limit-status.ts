import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import type { LimitedUnit, LimitStanding } from "../../dialect/limit-headers.ts";
import type { Account, Balance, Claim } from "../../ledger/ledger.ts";
import type { Exchange } from "../state/exchange.ts";

/** Notes where the caller stands with the limits it is under, for the headers of the answer; only where its dialect tells of them. */
export function noteLimitStatus(exchange: Exchange, claims: readonly Claim[]): MaybePromise<void> {
  const { dialect, services } = exchange;
  if (dialect.limitHeaders === undefined) return;
  const accounts: Account[] = [];
  for (const { account, observe } of claims)
    if (observe !== true && limitedUnit(account) !== undefined) accounts.push(account);
  if (accounts.length === 0) return;
  return chain(services.ledger.read(accounts), (balances) => {
    const headers = dialect.limitHeaders?.(tightest(balances), services.clock.nowMs()) ?? [];
    exchange.limitHeaders = headers;
  });
}

function tightest(balances: readonly Balance[]): ReadonlyMap<LimitedUnit, LimitStanding> {
  const standings = new Map<LimitedUnit, LimitStanding>();
  for (const { account, left, resetsAtMs } of balances) {
    const unit = limitedUnit(account);
    if (unit === undefined) continue;
    const other = standings.get(unit);
    if (other === undefined || left * other.limit < other.left * account.limit)
      standings.set(unit, { limit: account.limit, left, resetsAtMs });
  }
  return standings;
}

function limitedUnit({ unit }: Account): LimitedUnit | undefined {
  return unit === "nano_usd" || unit === "slots" ? undefined : unit;
}
