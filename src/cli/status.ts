import type { TargetRow } from "../admin/targets-api.ts";
import { type AdminOptions, adminClientOf } from "./admin-client.ts";
import { type Column, formatRows, type RowFormat } from "./rows.ts";
import type { Terminal } from "./terminal.ts";

/** What `tollgate status` is asked for. */
export interface StatusOptions extends AdminOptions {
  readonly format: RowFormat;
}

/** `tollgate status`: how the targets of a running gateway do. */
export async function status(terminal: Terminal, options: StatusOptions): Promise<void> {
  const answer = (await adminClientOf(terminal, options).get("/targets")) as {
    readonly targets: readonly TargetRow[];
  };
  if (options.format === "table" && answer.targets.length === 0) terminal.out("no target has been asked yet");
  else terminal.out(formatRows(answer.targets, columns, options.format));
}

const columns: readonly Column<TargetRow>[] = [
  { title: "target", of: ({ target }) => target },
  { title: "state", of: ({ state, why }) => (why === undefined ? state : `${state}: ${why}`) },
  {
    title: "rests",
    figures: true,
    of: ({ rests_ms: ms }) => (ms === undefined ? "" : `${Math.ceil(ms / 1_000)} s`),
  },
  { title: "busy", figures: true, of: ({ busy }) => String(busy) },
  {
    title: "first token",
    figures: true,
    of: ({ first_token_ms: ms }) => (ms === undefined ? "" : `${ms} ms`),
  },
  { title: "attempts", figures: true, of: ({ attempts }) => String(attempts) },
  { title: "failures", figures: true, of: ({ failures }) => String(failures) },
];
