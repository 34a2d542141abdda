import { open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { GatewayError } from "../core/errors.ts";
import { replaceFile } from "../core/replace-file.ts";
import { checkpointFrames, type FrozenState, loadCheckpoint } from "./checkpoint.ts";
import { readEntries } from "./entry-reader.ts";
import { frameHeaderBytes, readFrame } from "./frame.ts";
import { replayInto } from "./replay.ts";
import type { LedgerState } from "./state.ts";

const checkpointName = "checkpoint.bin";
const segmentPattern = /^journal-(\d{10})\.bin$/;

/** Where the journal goes on after a start. */
export interface Recovered {
  readonly segment: number;
  /** Whole bytes of that segment. */
  readonly bytes: number;
  /** What was cut off behind them: what a crash left of a last write. */
  readonly tornBytes: number;
}

/** The path of a journal segment. */
export function segmentPath(folder: string, segment: number): string {
  return join(folder, `journal-${segment.toString().padStart(10, "0")}.bin`);
}

/** Fills an empty state from a folder's checkpoint and journal, and repairs the torn tail. Throws `ledger_unavailable` for damage. */
export async function recover(folder: string, state: LedgerState): Promise<Recovered> {
  const first = await loadFrom(join(folder, checkpointName), state);
  const segments = await listSegments(folder);
  for (const segment of segments.filter((segment) => segment < first)) await rm(segmentPath(folder, segment));
  const live = segments.filter((segment) => segment >= first);
  let recovered: Recovered = { segment: first, bytes: 0, tornBytes: 0 };
  for (const [at, segment] of live.entries()) {
    if (segment !== first + at) throw damaged(`segment ${first + at} of its journal is missing`);
    recovered = await replaySegment(folder, segment, state, at === live.length - 1);
  }
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

/** The segment that goes on from the checkpoint; 1 where there is none. */
async function loadFrom(path: string, state: LedgerState): Promise<number> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return 1;
    throw error;
  }
  return loadCheckpoint(bytes, state);
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
  let bytes = 0;
  for (;;) {
    const payload = readFrame(content, bytes);
    if (payload === undefined) break;
    readEntries(payload, log);
    bytes += frameHeaderBytes + payload.length;
  }
  const tornBytes = content.length - bytes;
  if (tornBytes > 0) {
    if (!isLast) throw damaged(`segment ${segment} of its journal, at byte ${bytes}`);
    await cut(path, bytes);
  }
  return { segment, bytes, tornBytes };
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

async function listSegments(folder: string): Promise<readonly number[]> {
  const names = await readdir(folder);
  return names
    .flatMap((name) => Number(segmentPattern.exec(name)?.[1] ?? []))
    .filter((segment) => segment > 0)
    .sort((a, b) => a - b);
}

function damaged(what: string): GatewayError {
  return new GatewayError("ledger_unavailable", `the ledger is damaged: ${what}`);
}
