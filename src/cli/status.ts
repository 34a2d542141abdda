import type { TargetRow, TargetsAnswer } from "../admin/targets-api.ts";
import { type AdminOptions, adminClientOf } from "./admin-client.ts";
import { overrideColumns, overridesOf } from "./overrides.ts";
import { type Column, formatRows, type RowFormat } from "./rows.ts";
import type { Terminal } from "./terminal.ts";

/** What `tollgate status` is asked for. */
export interface StatusOptions extends AdminOptions {
  readonly format: RowFormat;
}

/** `tollgate status`: health and load of a running gateway's targets, and the overrides in force. */
export async function status(terminal: Terminal, options: StatusOptions): Promise<void> {
  const client = adminClientOf(terminal, options);
  const { targets, retry_budget: budget } = (await client.get("/targets")) as TargetsAnswer;
  const overrides = await overridesOf(client);
  if (options.format === "json") {
    terminal.out(JSON.stringify({ targets, retry_budget: budget, overrides }, undefined, 2));
    return;
  }
  terminal.out(targets.length === 0 ? "no target has been tried yet" : formatRows(targets, columns, "table"));
  terminal.out(
    `\n${budget.retries} retries for ${budget.requests} requests in the last ten seconds; ${budget.allowed} are allowed`,
  );
  if (overrides.length > 0) terminal.out(`\n${formatRows(overrides, overrideColumns, "table")}`);
}

const columns: readonly Column<TargetRow>[] = [
  { title: "target", of: ({ target }) => target },
  { title: "state", of: ({ state, why }) => (why === undefined ? state : `${state}: ${why}`) },
  {
    title: "ejected for",
    figures: true,
    of: ({ ejected_ms: ms }) => (ms === undefined ? "" : `${Math.ceil(ms / 1_000)} s`),
  },
  { title: "busy", figures: true, of: ({ busy }) => String(busy) },
  {
    title: "first token",
    figures: true,
    of: ({ first_token_ms: ms }) => (ms === undefined ? "" : `${ms} ms`),
  },
  { title: "attempts", figures: true, of: ({ attempts }) => String(attempts) },
  { title: "failures", figures: true, of: ({ failures }) => String(failures) },
  {
    title: "checks passed",
    of: ({ checks = [] }) =>
      checks
        .filter(({ workflow }) => workflow === undefined)
        .map(({ model, pass_rate: rate }) => `${model} ${Math.floor(rate * 100)} %`)
        .join(", "),
  },
];
