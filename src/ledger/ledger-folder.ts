import { open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { GatewayError } from "../core/errors.ts";
import { replaceFile } from "../core/replace-file.ts";
import { checkpointFrames, type FrozenState, loadCheckpoint } from "./checkpoint.ts";
import { readEntries } from "./entry-reader.ts";
import { readFrames } from "./frame.ts";
import { replayInto } from "./replay.ts";
import type { LedgerState } from "./state.ts";

/** The name of the checkpoint in its folder. */
export const checkpointName = "checkpoint.bin";
const segmentPattern = /^journal-(\d{10})\.bin$/;

/** Where the journal goes on after a start. */
export interface Recovered {
  readonly segment: number;
  /** Whole bytes of that segment. */
  readonly bytes: number;
  /** Bytes cut off behind them: a last write broken by a crash. */
  readonly tornBytes: number;
}

/** The path of a journal segment. */
export function segmentPath(folder: string, segment: number): string {
  return join(folder, `journal-${segment.toString().padStart(10, "0")}.bin`);
}

/**
 * Fills an empty state from a folder's checkpoint and journal, and cuts off the end that a broken write left. Throws `ledger_unavailable`
 * for damage: bytes that something valid follows, which no broken write leaves.
 */
export async function recover(folder: string, state: LedgerState): Promise<Recovered> {
  const { first, hasCheckpoint } = await loadFrom(folder, state);
  const segments = await listSegments(folder);
  const live = segments.filter((segment) => segment >= first);
  if (live.length === 0 && hasCheckpoint) throw damaged(`${segmentPath(folder, first)} is missing`);
  let recovered: Recovered = { segment: first, bytes: 0, tornBytes: 0 };
  for (const [at, segment] of live.entries()) {
    if (segment !== first + at) throw damaged(`${segmentPath(folder, first + at)} is missing`);
    recovered = await replaySegment(folder, segment, state, at === live.length - 1);
  }
  for (const segment of segments.filter((segment) => segment < first)) await rm(segmentPath(folder, segment));
  state.endReplay();
  return recovered;
}

/** Replaces the checkpoint, then removes the segments it makes needless. A failure leaves all as it was. */
export async function writeCheckpoint(folder: string, frozen: FrozenState, segment: number): Promise<void> {
  const frames = async function* () {
    for (const frame of checkpointFrames(frozen, segment)) {
      yield frame;
      await setImmediate();
    }
  };
  await replaceFile(join(folder, checkpointName), frames(), { mode: 0o600 });
  for (const old of await listSegments(folder)) if (old < segment) await rm(segmentPath(folder, old));
}

/** The segment that follows the checkpoint; 1 where there is none. */
async function loadFrom(
  folder: string,
  state: LedgerState,
): Promise<{ readonly first: number; readonly hasCheckpoint: boolean }> {
  const path = join(folder, checkpointName);
  const bytes = await readIfThere(path);
  if (bytes === undefined) return { first: 1, hasCheckpoint: false };
  const { segment, damages } = loadCheckpoint(bytes, state);
  const [damage] = damages;
  if (segment === undefined || damage !== undefined)
    throw damaged(`${path} at byte ${damage?.at ?? 0}: accounts and open holds in it cannot be read`);
  return { first: segment, hasCheckpoint: true };
}

/** A file's content; undefined where there is no file. */
export async function readIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function replaySegment(
  folder: string,
  segment: number,
  state: LedgerState,
  isLast: boolean,
): Promise<Recovered> {
  const path = segmentPath(folder, segment);
  const content = await readFile(path);
  const log = replayInto(state);
  for (const piece of readFrames(content)) {
    if (piece.kind === "frame") {
      readEntries(piece.payload, log);
      continue;
    }
    const { at, bytes, isTail } = piece;
    if (!isTail || !isLast)
      throw damaged(`${path}, ${bytes} bytes at byte ${at}: changes of accounts in it cannot be read`);
    await cut(path, at);
    return { segment, bytes: at, tornBytes: bytes };
  }
  return { segment, bytes: content.length, tornBytes: 0 };
}

async function cut(path: string, bytes: number): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.truncate(bytes);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Numbers of the journal segments of a folder, in order. */
export async function listSegments(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder);
  return names
    .flatMap((name) => Number(segmentPattern.exec(name)?.[1] ?? []))
    .filter((segment) => segment > 0)
    .sort((a, b) => a - b);
}

function damaged(what: string): GatewayError {
  return new GatewayError(
    "ledger_unavailable",
    `the ledger is damaged: ${what}. \`tollgate ledger repair\` keeps what can be read and says what is lost`,
  );
}
