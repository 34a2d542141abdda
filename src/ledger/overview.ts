import { setImmediate } from "node:timers/promises";
import type { AccountTable } from "./account-table.ts";
import type { RuleTotal } from "./ledger.ts";

/** Rows looked at before others get their turn: about a millisecond. */
const rowsPerTurn = 2_000;

/** The rows of accounts in use. It yields to the event loop in between: a row may be gone by the time the next is asked for. */
export async function* rowsInUse(table: AccountTable, nowMs: () => number): AsyncGenerator<number> {
  for (let first = 0; first < table.rowsEnd; first += rowsPerTurn) {
    if (first > 0) await setImmediate();
    const end = Math.min(first + rowsPerTurn, table.rowsEnd);
    for (let row = first; row < end; row++) if (table.isUsed(row) && !table.isIdle(row, nowMs())) yield row;
  }
}

/** Adds a row to the total of its rule; it is as of now. */
export function addToTotals(totals: Map<number, RuleTotal>, table: AccountTable, row: number): void {
  const { index, account, counter } = table.rule(row);
  const before = totals.get(index);
  const [used, taken] = [counter.used(row), counter.taken(row)];
  const left = table.columns.limit.get(row) + table.granted(row) - taken;
  const isForAll = table.id(row).startsWith(`${account.name}||`);
  totals.set(index, {
    account,
    accounts: (before?.accounts ?? 0) + 1,
    used: (before?.used ?? 0n) + used,
    held: (before?.held ?? 0n) + taken - used,
    left: isForAll ? (left > 0n ? left : 0n) : undefined,
  });
}
