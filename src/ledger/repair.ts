import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { freeze, loadCheckpoint } from "./checkpoint.ts";
import { readEntries } from "./entry-reader.ts";
import { readFrames } from "./frame.ts";
import { checkpointName, listSegments, readIfThere, segmentPath, writeCheckpoint } from "./ledger-folder.ts";
import { lockLedger } from "./local-ledger.ts";
import { createMemoryLedger } from "./memory.ts";
import { type AppliedCharges, applyMissingCharges, type RecordSource } from "./missing-charges.ts";
import { ReplayOverGaps } from "./replay-over-gaps.ts";
import type { LedgerState } from "./state.ts";

/** Bytes of a ledger's file that are not what was written. */
export interface LedgerDamage {
  readonly file: string;
  readonly at: number;
  readonly bytes: number;
  /** The subject of the lost entries. */
  readonly what: string;
}

/** The contents of a ledger's files. */
export interface LedgerInspection {
  readonly damages: readonly LedgerDamage[];
  /** Bytes that a broken last write left: no damage, cut off at the next start. */
  readonly tornBytes: number;
  readonly accounts: number;
  /** Holds to be settled at the next start: by their records, or, where they have none, whole. */
  readonly openHolds: number;
  /** Holds and other changes that were read and left out: the account they are about is not certain. */
  readonly leftOut: number;
  /** What was charged again by the records of exchanges; empty unless a damaged ledger was repaired. */
  readonly charges: readonly AppliedCharges[];
}

/** Reads all that can be read of a ledger's files. Throws `ledger_unavailable` when a process has the ledger. */
export function inspectLedger(folder: string): Promise<LedgerInspection> {
  return inspectAlone(folder, undefined);
}

/**
 * As {@link inspectLedger}; files that are damaged are kept with `.damaged` behind their names, and one checkpoint takes their place, of what
 * was read and of what the records say besides. The checkpoint is replaced whole, so that a repair that is broken off has changed nothing,
 * and one that is made again finds no damage: nothing is charged twice.
 */
export function repairLedger(folder: string, records: RecordSource): Promise<LedgerInspection> {
  return inspectAlone(folder, records);
}

async function inspectAlone(folder: string, records: RecordSource | undefined): Promise<LedgerInspection> {
  const lock = await lockLedger(folder);
  try {
    return await inspect(folder, records);
  } finally {
    await lock.close();
  }
}

async function inspect(folder: string, records: RecordSource | undefined): Promise<LedgerInspection> {
  const { state } = createMemoryLedger({ clock: systemClock });
  const damages: LedgerDamage[] = [];
  const start = await readStart(folder, state, damages);
  const replay = new ReplayOverGaps(state);
  const { tornBytes, last } = await replaySegments(folder, start, replay, damages);
  state.endReplay();
  let charges: readonly AppliedCharges[] = [];
  if (records !== undefined && damages.length > 0) {
    const { known: exchanges, endsAlone } = replay;
    const { loaded, checkpointed, hasCheckpoint } = start;
    // Without a checkpoint the journal is all there ever was.
    const atMs = hasCheckpoint ? (loaded?.atMs ?? replay.sinceMs) : 0;
    const checkpoint = { settled: loaded?.settled ?? [], atMs };
    charges = await applyMissingCharges(state, records, { exchanges, endsAlone, checkpoint, checkpointed });
    await replaceFiles(folder, damages, state, last + 1);
  }
  return {
    damages,
    tornBytes,
    accounts: state.table.size,
    openHolds: state.holds.size,
    leftOut: replay.leftOut,
    charges,
  };
}

/** Where the journal is read from. */
interface Start {
  readonly segments: readonly number[];
  readonly first: number;
  readonly hasCheckpoint: boolean;
  readonly loaded: ReturnType<typeof loadCheckpoint> | undefined;
  /** Accounts of a damaged checkpoint that could be read. Undefined if all could. */
  readonly checkpointed: ReadonlySet<string> | undefined;
}

async function readStart(folder: string, state: LedgerState, damages: LedgerDamage[]): Promise<Start> {
  const segments = await listSegments(folder);
  const checkpoint = await readIfThere(join(folder, checkpointName));
  const hasCheckpoint = checkpoint !== undefined;
  const loaded = hasCheckpoint ? loadCheckpoint(checkpoint, state) : undefined;
  for (const { at, bytes } of loaded?.damages ?? [])
    damages.push({ file: checkpointName, at, bytes, what: "accounts, or holds that were open" });
  const isDamaged = damages.length > 0 || (!hasCheckpoint && (segments[0] ?? 1) > 1);
  const first = loaded?.segment ?? segments[0] ?? 1;
  if (!hasCheckpoint && first > 1)
    damages.push({
      file: checkpointName,
      at: 0,
      bytes: 0,
      what: "missing: all before the journal's segments",
    });
  return { segments, first, hasCheckpoint, loaded, checkpointed: isDamaged ? accountIds(state) : undefined };
}

async function replaySegments(
  folder: string,
  { segments, first, hasCheckpoint }: Start,
  replay: ReplayOverGaps,
  damages: LedgerDamage[],
): Promise<{ readonly tornBytes: number; readonly last: number }> {
  let tornBytes = 0;
  const last = Math.max(first, segments.at(-1) ?? 0);
  for (let segment = first; segment <= last; segment++) {
    const path = segmentPath(folder, segment);
    const file = path.slice(folder.length + 1);
    const content = await readIfThere(path);
    if (content === undefined) {
      if (!hasCheckpoint && segments.length === 0) break;
      replay.gap();
      damages.push({ file, at: 0, bytes: 0, what: "missing: changes of accounts" });
      continue;
    }
    for (const piece of readFrames(content)) {
      if (piece.kind === "frame") readEntries(piece.payload, replay);
      else if (piece.isTail && segment === last) tornBytes = piece.bytes;
      else {
        const { at, bytes } = piece;
        damages.push({ file, at, bytes, what: `changes of accounts after ${replay.lastTime}` });
        replay.gap();
      }
    }
  }
  return { tornBytes, last };
}

/** Keeps what is damaged aside, and begins `segment` after one checkpoint of the state. */
async function replaceFiles(
  folder: string,
  damages: readonly LedgerDamage[],
  state: LedgerState,
  segment: number,
): Promise<void> {
  for (const name of new Set(damages.map(({ file }) => file))) await keepDamaged(join(folder, name));
  await writeFile(segmentPath(folder, segment), "", { mode: 0o600, flag: "wx" });
  await writeCheckpoint(folder, freeze(state, systemClock.nowMs()), segment);
}

function accountIds({ table }: LedgerState): ReadonlySet<string> {
  const ids = new Set<string>();
  for (let row = 0; row < table.rowsEnd; row++) if (table.isUsed(row)) ids.add(table.account(row).id);
  return ids;
}

async function keepDamaged(path: string): Promise<void> {
  if ((await readFile(path).catch(() => undefined)) !== undefined) await copyFile(path, `${path}.damaged`);
}
