import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Snapshot } from "../config/snapshot.ts";
import { readRecords } from "../usage/read.ts";
import { type ParsedInvoice, parseInvoice } from "../usage/reconcile/invoice.ts";
import { type Difference, invoicePeriod, reconcile } from "../usage/reconcile/reconcile.ts";
import type { Tally } from "../usage/reconcile/tally.ts";
import { loadSnapshot } from "./load-snapshot.ts";
import { type Column, formatRows, type RowFormat } from "./rows.ts";
import { CommandFailure, type Terminal } from "./terminal.ts";

/** What `tollgate reconcile` is asked for. */
export interface ReconcileOptions {
  readonly config: string;
  /** A provider's export. */
  readonly invoice: string;
  /** Undefined: all of the provider's type. */
  readonly backend?: readonly string[] | undefined;
  readonly format: RowFormat;
}

/** `tollgate reconcile`: where the usage log and a provider's export differ; a failure if they do. */
export async function reconcileInvoice(terminal: Terminal, options: ReconcileOptions): Promise<void> {
  const invoice = readInvoice(resolve(terminal.cwd, options.invoice));
  const snapshot = loadSnapshot(terminal, resolve(terminal.cwd, options.config));
  const backends = backendsOf(snapshot, invoice.provider, options.backend);
  const records = readRecords(snapshot.usageLog.folder, invoicePeriod(invoice.lines));
  const { differences, theirs, ours } = await reconcile(invoice.lines, records, backends);
  if (options.format === "json" || differences.length > 0)
    terminal.out(formatRows(differences.map(rowOf), columns, options.format));
  terminal.err(`${invoice.provider}: ${tallyText(theirs)}`);
  terminal.err(`usage log: ${tallyText(ours)} (${[...backends].join(", ")})`);
  if (differences.length > 0)
    throw new CommandFailure(
      `${differences.length} ${differences.length === 1 ? "difference" : "differences"}`,
    );
}

function readInvoice(file: string): Extract<ParsedInvoice, { kind: "lines" }> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new CommandFailure(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const invoice = parseInvoice(text);
  if (invoice.kind === "problem") throw new CommandFailure(`${file}: ${invoice.message}`);
  return invoice;
}

function backendsOf(
  { backends }: Snapshot,
  provider: string,
  named: readonly string[] | undefined,
): ReadonlySet<string> {
  const missing = named?.find((name) => !backends.has(name));
  if (missing !== undefined)
    throw new CommandFailure(`--backend ${missing}: the config has no such backend`, 2);
  const ofType = [...backends.values()].filter((backend) => backend.provider.type === provider);
  const names = named ?? ofType.map((backend) => backend.name);
  if (names.length === 0)
    throw new CommandFailure(
      `the config has no backend of type ${provider}: name the billed backends with --backend`,
      2,
    );
  return new Set(names);
}

/** A difference for programs; a side that has nothing is null. */
interface DifferenceRow {
  readonly model: string;
  /** The period, or twice the call's own time. */
  readonly start: string;
  readonly end: string;
  readonly request_id: string | null;
  readonly exchange_id: string | null;
  readonly theirs: TallyRow | null;
  readonly ours: TallyRow | null;
}

interface TallyRow {
  /** Null where the provider does not count calls. */
  readonly calls: number | null;
  readonly input_tokens: number;
  readonly output_tokens: number;
}

const columns: readonly Column<DifferenceRow>[] = [
  { title: "since", of: (row) => row.start },
  { title: "model", of: (row) => row.model },
  { title: "call", of: (row) => row.request_id ?? row.exchange_id ?? "–" },
  { title: "billed: calls", figures: true, of: (row) => cell(row.theirs?.calls) },
  { title: "input", figures: true, of: (row) => cell(row.theirs?.input_tokens) },
  { title: "output", figures: true, of: (row) => cell(row.theirs?.output_tokens) },
  { title: "recorded: calls", figures: true, of: (row) => cell(row.ours?.calls) },
  { title: "input", figures: true, of: (row) => cell(row.ours?.input_tokens) },
  { title: "output", figures: true, of: (row) => cell(row.ours?.output_tokens) },
];

function rowOf(difference: Difference): DifferenceRow {
  return {
    model: difference.model,
    start: new Date(difference.startMs).toISOString(),
    end: new Date(difference.endMs).toISOString(),
    request_id: difference.requestId ?? null,
    exchange_id: difference.exchangeId ?? null,
    theirs: tallyRow(difference.theirs),
    ours: tallyRow(difference.ours),
  };
}

function tallyRow(tally: Tally | undefined): TallyRow | null {
  if (tally === undefined) return null;
  const { calls, inputTokens, outputTokens } = tally;
  return { calls: calls ?? null, input_tokens: inputTokens, output_tokens: outputTokens };
}

function tallyText({ calls, inputTokens, outputTokens }: Tally): string {
  return `${calls === undefined ? "" : `${calls} calls, `}${inputTokens} tokens in, ${outputTokens} out`;
}

function cell(count: number | null | undefined): string {
  return count?.toString() ?? "–";
}
