import type { OverrideRow } from "../admin/overrides-api.ts";
import { formatScope, type Override, type Scope, scopeFields } from "../route/override.ts";
import { type AdminOptions, adminClientOf } from "./admin-client.ts";
import { type Column, formatRows, type RowFormat } from "./rows.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** Options that every command on overrides takes. */
interface SteeringOptions extends AdminOptions {
  readonly by?: string | undefined;
  readonly format: RowFormat;
}

/** Options of a new override. */
export interface OrderOptions extends SteeringOptions {
  readonly reason: string;
  /** A duration. */
  readonly for?: string | undefined;
  /** `lifted` if it does not expire. */
  readonly until?: "lifted" | undefined;
}

/** `tollgate stop` and `tollgate force`: puts an override in force at a running gateway, which records who asked in its audit log. */
export async function order(
  terminal: Terminal,
  action: Override["action"],
  scope: Scope,
  options: OrderOptions,
): Promise<void> {
  const { reason, until, for: duration } = options;
  if (until !== undefined && duration !== undefined)
    throw new CommandFailure("give either --for or --until lifted", 2);
  const body = {
    action,
    scope: named(scope),
    reason,
    by: byOf(terminal, options),
    ...(duration === undefined ? {} : { for: duration }),
    ...(until === undefined ? {} : { untilLifted: true }),
  };
  const { override, cut } = (await adminClientOf(terminal, options).post("/overrides", body)) as {
    readonly override: OverrideRow;
    readonly cut: number;
  };
  terminal.out(formatRows([override], overrideColumns, options.format));
  if (options.format === "table" && action === "stop") terminal.out(`${cut} running exchanges were cut`);
}

/** `tollgate lift`: lifts the overrides with these ids, or every one with `all`. */
export async function lift(
  terminal: Terminal,
  ids: readonly string[],
  options: SteeringOptions & { readonly all?: boolean | undefined },
): Promise<void> {
  if (ids.length > 0 === (options.all === true))
    throw new CommandFailure("name the overrides by their ids from `tollgate status`, or give --all", 2);
  const client = adminClientOf(terminal, options);
  const by = byOf(terminal, options);
  const meant = options.all === true ? (await overridesOf(client)).map(({ id }) => id) : ids;
  const lifted: OverrideRow[] = [];
  for (const id of meant) {
    const path = `/overrides/${encodeURIComponent(id)}`;
    lifted.push(((await client.delete(path, { by })) as { readonly lifted: OverrideRow }).lifted);
  }
  if (options.format === "table" && lifted.length === 0) terminal.out("no override was in force");
  else terminal.out(formatRows(lifted, overrideColumns, options.format));
}

/** The overrides in force at a running gateway, oldest first. */
export async function overridesOf(
  client: Pick<ReturnType<typeof adminClientOf>, "get">,
): Promise<readonly OverrideRow[]> {
  const { overrides } = (await client.get("/overrides")) as { readonly overrides: readonly OverrideRow[] };
  return overrides;
}

/** An override's columns in tables. */
export const overrideColumns: readonly Column<OverrideRow>[] = [
  { title: "id", of: ({ id }) => id },
  { title: "override", of: ({ action, scope }) => `${action} ${formatScope(scope)}` },
  { title: "until", of: ({ until }) => until?.replace(/\.\d{3}Z$/, "Z") ?? "lifted" },
  { title: "by", of: ({ by }) => by },
  { title: "reason", of: ({ reason }) => reason },
];

/** The scope fields among a command's options. */
function named(options: Scope): Scope {
  return Object.fromEntries(
    scopeFields.flatMap((field) => (options[field] === undefined ? [] : [[field, options[field]]])),
  );
}

function byOf(terminal: Terminal, { by }: SteeringOptions): string {
  const who = by ?? terminal.env.USER ?? terminal.env.LOGNAME;
  if (who === undefined || who === "")
    throw new CommandFailure("name yourself for the audit log: --by NAME", 2);
  return who;
}
