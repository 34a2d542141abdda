import { GatewayError } from "../core/errors.ts";
import type { AccountTable } from "./account-table.ts";
import { frameOf, readFrames } from "./frame.ts";
import type { Hold } from "./hold.ts";
import type { Account } from "./ledger.ts";
import type { LedgerState } from "./state.ts";
import { rollingSlices } from "./window.ts";

/** 2: what is not in slices of a rolling window lapses with the newest of them, in `until`. */
const version = 2;
const versionsRead: readonly number[] = [1, 2];
/** Accounts or holds in one frame: what is encoded before others get their turn. */
const perFrame = 500;

/** A state at one moment, apart from what happens next. */
export interface FrozenState {
  /** The moment, by the wall clock. */
  readonly atMs: number;
  readonly table: AccountTable;
  readonly holds: readonly (readonly [id: string, hold: Hold])[];
  /** The exchanges settled last, see {@link RecentSettlements}. */
  readonly settled: readonly string[];
}

/** Freezes a state: a copy of its columns, not of its accounts one by one. */
export function freeze({ table, holds, settled }: LedgerState, atMs: number): FrozenState {
  const copies = [...holds].map(([id, hold]) => {
    const legs = hold.legs.map((leg) => ({ ...leg }));
    return [id, { ...hold, legs }] as const;
  });
  return { atMs, table: table.copy(), holds: copies, settled: settled.ids() };
}

/**
 * The frames of a checkpoint after which the journal goes on in `segment`. What a repair needs to know of the moment is in the first frame and
 * in the last, so that one damaged frame does not take it.
 */
export function* checkpointFrames(frozen: FrozenState, segment: number): Generator<Buffer> {
  const { table, atMs, settled } = frozen;
  yield jsonFrame({ version, segment, atMs, settled });
  for (let row = 0; row < table.rowsEnd; row += perFrame) {
    const accounts: AccountLine[] = [];
    for (let next = row; next < Math.min(row + perFrame, table.rowsEnd); next++)
      if (table.isUsed(next)) accounts.push(accountLine(table, next));
    yield jsonFrame({ accounts });
  }
  for (let at = 0; at < frozen.holds.length; at += perFrame)
    yield jsonFrame({ holds: frozen.holds.slice(at, at + perFrame).map(holdLine) });
  yield jsonFrame({ end: true, segment, atMs, settled });
}

/** Bytes of a checkpoint that are not as they were written. */
export interface CheckpointDamage {
  readonly at: number;
  readonly bytes: number;
}

/** What was read of a checkpoint. */
export interface LoadedCheckpoint {
  /** The journal segment that goes on from it. */
  readonly segment: number | undefined;
  /** When it was made; undefined where that is lost, and in checkpoints of earlier versions. */
  readonly atMs: number | undefined;
  /** The exchanges settled last before it; undefined as `atMs`. */
  readonly settled: readonly string[] | undefined;
  readonly damages: readonly CheckpointDamage[];
}

/**
 * Fills an empty state from a checkpoint; returns the journal segment that goes on from it, if it says so, and what is damaged. Entries that are no longer valid (a hold on an account that is lost) are left out. Throws `ledger_unavailable` for a later version.
 */
export function loadCheckpoint(bytes: Buffer, state: LedgerState): LoadedCheckpoint {
  const damages: CheckpointDamage[] = [];
  let moment: Partial<Moment> = {};
  let isWhole = false;
  for (const piece of readFrames(bytes)) {
    if (piece.kind === "damage") {
      damages.push(piece);
      continue;
    }
    const part: Part = JSON.parse(piece.payload.toString());
    if ("version" in part) {
      if (!versionsRead.includes(part.version))
        throw new GatewayError("ledger_unavailable", `the ledger's checkpoint has version ${part.version}`);
      moment = part;
    } else if ("accounts" in part) for (const line of part.accounts) restoreAccount(state.table, line);
    else if ("holds" in part) for (const line of part.holds) restoreHold(state, line);
    else {
      isWhole = true;
      moment = { ...part, ...moment };
    }
  }
  const { segment, atMs, settled } = moment;
  for (const id of settled ?? []) state.settled.note(id);
  if ((segment === undefined || !isWhole) && damages.length === 0)
    damages.push({ at: bytes.length, bytes: 0 });
  return { segment, atMs, settled, damages };
}

interface AccountLine {
  readonly row: number;
  readonly account: Omit<Account, "limit"> & { readonly limit: string };
  readonly used: string;
  readonly held: string;
  readonly since: number;
  readonly until: number;
  readonly alerted: number;
  readonly slices?: readonly SliceLine[];
  readonly grant?: readonly [amount: string, mark: number];
  readonly prior?: PriorLine;
}

/** See {@link PriorWindows}. */
interface PriorLine {
  readonly used: string;
  readonly held: string;
  readonly since: number;
  readonly until: number;
  readonly alerted: number;
  readonly leftFor: number;
  readonly leftAtMs: number;
  readonly slices?: readonly SliceLine[];
}

type SliceLine = readonly [slice: number, amount: string];

type HoldLine = readonly [
  id: string,
  openedAtMs: number,
  legs: readonly (readonly [row: number, mark: number, amount: string])[],
  about?: string | null,
];

interface Moment {
  readonly segment: number;
  /** Earlier versions have neither. */
  readonly atMs?: number;
  readonly settled?: readonly string[];
}

type Part =
  | ({ readonly version: number } & Moment)
  | { readonly accounts: readonly AccountLine[] }
  | { readonly holds: readonly HoldLine[] }
  | ({ readonly end: true } & Partial<Moment>);

function accountLine(table: AccountTable, row: number): AccountLine {
  const { used, held, since, until, alerted, cells } = table.columns;
  const account = table.account(row);
  const grant = table.grant(row);
  const isRolling = account.window.kind === "rolling";
  const slices = isRolling ? slicesUntil(since.get(row), (slice) => cells.get(row, slice)) : undefined;
  const prior = priorLine(table, row);
  return {
    row,
    account: { ...account, limit: account.limit.toString() },
    used: used.get(row).toString(),
    held: held.get(row).toString(),
    since: since.get(row),
    until: until.get(row),
    alerted: alerted.get(row),
    ...(slices === undefined ? undefined : { slices }),
    ...(prior === undefined ? undefined : { prior }),
    ...(grant === undefined ? undefined : { grant: [grant.amount.toString(), grant.mark] as const }),
  };
}

function priorLine({ columns: { prior, cells } }: AccountTable, row: number): PriorLine | undefined {
  const place = prior.find(row);
  if (place === undefined) return undefined;
  const slices = slicesUntil(prior.since.get(place), (slice) => cells.at(prior.cells.get(place), slice));
  return {
    used: prior.used.get(place).toString(),
    held: prior.held.get(place).toString(),
    since: prior.since.get(place),
    until: prior.until.get(place),
    alerted: prior.alerted.get(place),
    leftFor: prior.leftFor.get(place),
    leftAtMs: prior.leftAtMs.get(place),
    ...(slices === undefined ? undefined : { slices }),
  };
}

/** The slices of a rolling window that have usage, from the oldest. Undefined if none has. */
function slicesUntil(newest: number, amountOf: (slice: number) => bigint): readonly SliceLine[] | undefined {
  const kept: SliceLine[] = [];
  for (let slice = newest - rollingSlices; slice <= newest; slice++) {
    const amount = amountOf(slice);
    if (amount !== 0n) kept.push([slice, amount.toString()]);
  }
  return kept.length === 0 ? undefined : kept;
}

function restoreAccount(table: AccountTable, line: AccountLine): void {
  const { row, account, slices, grant } = line;
  table.restore(row, { ...account, limit: BigInt(account.limit) });
  const { columns } = table;
  columns.used.set(row, BigInt(line.used));
  columns.held.set(row, BigInt(line.held));
  columns.since.set(row, line.since);
  // Version 1 has no `until` for rolling windows.
  const newest = slices?.at(-1)?.[0] ?? 0;
  columns.until.set(row, account.window.kind === "rolling" ? Math.max(line.until, newest) : line.until);
  columns.alerted.set(row, line.alerted);
  if (line.prior !== undefined) restorePrior(table, row, line.prior);
  for (const [slice, amount] of slices ?? []) columns.cells.add(row, slice, BigInt(amount));
  if (grant !== undefined) table.setGrant(row, { amount: BigInt(grant[0]), mark: grant[1] });
}

/** The row has no cells yet: those of its prior window are made as its own, and taken away. */
function restorePrior({ columns: { prior, cells } }: AccountTable, row: number, line: PriorLine): void {
  const place = prior.claim(row);
  prior.used.set(place, BigInt(line.used));
  prior.held.set(place, BigInt(line.held));
  prior.since.set(place, line.since);
  prior.until.set(place, line.until);
  prior.alerted.set(place, line.alerted);
  prior.leftFor.set(place, line.leftFor);
  prior.leftAtMs.set(place, line.leftAtMs);
  for (const [slice, amount] of line.slices ?? []) cells.add(row, slice, BigInt(amount));
  prior.cells.set(place, cells.detach(row));
  cells.free(row);
}

function holdLine([id, { openedAtMs, legs, about }]: readonly [string, Hold]): HoldLine {
  return [
    id,
    openedAtMs,
    legs.map(({ row, mark, amount }) => [row, mark, amount.toString()] as const),
    about ?? null,
  ];
}

function restoreHold(state: LedgerState, [id, openedAtMs, lines, about]: HoldLine): void {
  const legs = lines.map(([row, mark, amount]) => ({ row, accountId: "", mark, amount: BigInt(amount) }));
  if (legs.some(({ row }) => !state.table.isUsed(row))) return;
  for (const { row } of legs) state.table.columns.legs.add(row, 1);
  state.holds.set(id, {
    openedAtMs,
    taken: { kind: "taken", offer: 0, observed: [] },
    legs,
    ...(about == null ? {} : { about }),
  });
}

function jsonFrame(part: Part): Buffer {
  return frameOf(Buffer.from(JSON.stringify(part)));
}
