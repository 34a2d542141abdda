import { copyFile, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { freeze, loadCheckpoint } from "./checkpoint.ts";
import { readEntries } from "./entry-reader.ts";
import { readFrames } from "./frame.ts";
import { checkpointName, listSegments, readIfThere, segmentPath, writeCheckpoint } from "./ledger-folder.ts";
import { lockLedger } from "./local-ledger.ts";
import { createMemoryLedger } from "./memory.ts";
import { ReplayOverGaps } from "./replay-over-gaps.ts";

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
  /** Exchanges whose holds the journal knows, and since when it knows all. */
  readonly knownExchanges: ReadonlySet<string>;
  readonly knownSinceMs: number | undefined;
}

/**
 * Reads all that can be read of a ledger's files. With `repair`, files that are damaged are kept with `.damaged` behind their names, and a
 * checkpoint of what was read takes their place. Throws `ledger_unavailable` when a process has the ledger.
 */
export async function inspectLedger(folder: string, repair: boolean): Promise<LedgerInspection> {
  const lock = await lockLedger(folder);
  try {
    return await inspect(folder, repair);
  } finally {
    await lock.close();
  }
}

async function inspect(folder: string, repair: boolean): Promise<LedgerInspection> {
  const { state } = createMemoryLedger({ clock: systemClock });
  const damages: LedgerDamage[] = [];
  const segments = await listSegments(folder);
  const checkpoint = await readIfThere(join(folder, checkpointName));
  const loaded = checkpoint === undefined ? undefined : loadCheckpoint(checkpoint, state);
  for (const { at, bytes } of loaded?.damages ?? [])
    damages.push({ file: checkpointName, at, bytes, what: "accounts, or holds that were open" });
  const first = loaded?.segment ?? segments[0] ?? 1;
  if (checkpoint === undefined && first > 1)
    damages.push({
      file: checkpointName,
      at: 0,
      bytes: 0,
      what: "missing: all before the journal's segments",
    });
  const replay = new ReplayOverGaps(state);
  let tornBytes = 0;
  const last = Math.max(first, segments.at(-1) ?? 0);
  for (let segment = first; segment <= last; segment++) {
    const path = segmentPath(folder, segment);
    const file = path.slice(folder.length + 1);
    const content = await readIfThere(path);
    if (content === undefined) {
      if (checkpoint === undefined && segments.length === 0) break;
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
  state.endReplay();
  if (repair && damages.length > 0) {
    for (const name of new Set(damages.map(({ file }) => file))) await keepDamaged(join(folder, name));
    const next = last + 1;
    await writeFile(segmentPath(folder, next), "", { mode: 0o600, flag: "wx" });
    await writeCheckpoint(folder, freeze(state), next);
  }
  return {
    damages,
    tornBytes,
    accounts: state.table.size,
    openHolds: state.holds.size,
    leftOut: replay.leftOut,
    knownExchanges: replay.known,
    knownSinceMs: replay.sinceMs,
  };
}

async function keepDamaged(path: string): Promise<void> {
  if ((await readFile(path).catch(() => undefined)) !== undefined) await copyFile(path, `${path}.damaged`);
}
