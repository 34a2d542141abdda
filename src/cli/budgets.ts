import type { AccountRow } from "../admin/budgets-api.ts";
import { formatUsd } from "../core/money.ts";
import { type AdminOptions, adminClientOf } from "./admin-client.ts";
import { type Column, formatRows, type RowFormat } from "./rows.ts";
import type { Terminal } from "./terminal.ts";

/** What `tollgate budgets` is asked for. */
export interface BudgetsOptions extends AdminOptions {
  readonly name?: string | undefined;
  readonly key?: string | undefined;
  readonly format: RowFormat;
}

/** `tollgate budgets`: the current state of a running gateway's limits and budgets. */
export async function budgets(terminal: Terminal, options: BudgetsOptions): Promise<void> {
  const query = new URLSearchParams();
  if (options.name !== undefined) query.set("name", options.name);
  if (options.key !== undefined) query.set("key", options.key);
  const answer = (await adminClientOf(terminal, options).get(`/budgets?${query}`)) as {
    readonly accounts: readonly AccountRow[];
    readonly more: boolean;
  };
  const rows = [...answer.accounts].sort((a, b) => compare(a.id, b.id));
  if (options.format === "table" && rows.length === 0) terminal.out("no account is in use");
  else terminal.out(formatRows(rows, columns, options.format));
  if (answer.more) terminal.err("there are more accounts: select some with --name or --key");
}

/** An account's columns in tables. */
export const columns: readonly Column<AccountRow>[] = [
  { title: "rule", of: ({ name }) => name },
  { title: "key", of: ({ key }) => (key === "" ? "(all)" : key) },
  { title: "window", of: ({ window }) => window },
  { title: "limit", figures: true, of: (row) => quantity(row, row.limit) },
  { title: "used", figures: true, of: (row) => quantity(row, row.used) },
  { title: "held", figures: true, of: (row) => quantity(row, row.held) },
  { title: "left", figures: true, of: (row) => quantity(row, row.left) },
  { title: "taken", figures: true, of: ({ percent }) => `${percent}%` },
  { title: "degrades", of: ({ degrade = "" }) => degrade },
  { title: "resets", of: ({ resets_at }) => resets_at.replace(/\.000Z$/, "Z") },
];

function quantity({ unit }: AccountRow, amount: string): string {
  return unit === "nano_usd" ? `$${formatUsd(BigInt(amount))}` : `${amount} ${unit.replace("_", " ")}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
