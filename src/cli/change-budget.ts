import type { AccountRow } from "../admin/budgets-api.ts";
import { parseUsd } from "../core/money.ts";
import { type AdminClient, type AdminOptions, adminClientOf } from "./admin-client.ts";
import { columns } from "./budgets.ts";
import { formatRows, type RowFormat } from "./rows.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** Options of a change to an account. */
export interface ChangeOptions extends AdminOptions {
  /** The rule's name. */
  readonly name: string;
  /** Its key as `tollgate budgets` shows it; empty for a rule of all together. */
  readonly key: string;
  /** Its window, where the rule has several. */
  readonly window?: string | undefined;
  /** Dollars for money, else a whole number; undefined for a reset. */
  readonly amount?: string | undefined;
  readonly by?: string | undefined;
  readonly format: RowFormat;
}

/** `tollgate budgets reset|grant|raise`: changes one account of a running gateway until its window ends. The gateway records who asked in its audit log. */
export async function changeBudget(
  terminal: Terminal,
  action: "reset" | "grant" | "raise",
  options: ChangeOptions,
): Promise<void> {
  const by = options.by ?? terminal.env.USER ?? terminal.env.LOGNAME;
  if (by === undefined || by === "")
    throw new CommandFailure("name yourself for the audit log: --by NAME", 2);
  const client = adminClientOf(terminal, options);
  const { id, unit } = await accountOf(client, options);
  const body = {
    id,
    by,
    ...(action === "grant" ? { amount: amountIn(unit, options.amount, true) } : undefined),
    ...(action === "raise" ? { to: amountIn(unit, options.amount, false) } : undefined),
  };
  const { account } = (await client.post(`/budgets/${action}`, body)) as { readonly account: AccountRow };
  terminal.out(formatRows([account], columns, options.format));
}

/** The one account that is meant. */
async function accountOf(client: AdminClient, { name, key, window }: ChangeOptions): Promise<AccountRow> {
  const query = new URLSearchParams({ rule: name, key });
  const { accounts: rows } = (await client.get(`/budgets?${query}`)) as {
    readonly accounts: readonly AccountRow[];
  };
  const meant = rows.filter((row) => window === undefined || row.window === window);
  const [first, ...others] = meant;
  if (first === undefined)
    throw new CommandFailure(
      key === ""
        ? `"${name}" has several accounts: choose one with --key, as tollgate budgets shows it`
        : `"${name}" has no account for ${key}${window === undefined ? "" : ` and ${window}`} (see tollgate budgets for the keys in use)`,
    );
  if (others.length > 0)
    throw new CommandFailure(
      `"${name}" has several windows: choose one with --window ${meant.map((row) => row.window).join(" | ")}`,
      2,
    );
  return first;
}

function amountIn(unit: string, text: string | undefined, maySubtract: boolean): string {
  const [, sign = "", digits = ""] = /^(-?)\$?(.*)$/.exec(text ?? "") ?? [];
  if (sign === "" || maySubtract) {
    try {
      return `${sign}${unit === "nano_usd" ? parseUsd(digits, 9) : parseUsd(digits, 0)}`;
    } catch {
      // Reported below, whatever the mistake.
    }
  }
  const what = unit === "nano_usd" ? "dollars, e.g. 25.50" : "a whole number";
  throw new CommandFailure(`"${text}" is not an amount: this account counts in ${what}`, 2);
}
