import { createReadStream } from "node:fs";
import { join } from "node:path";
import { createGunzip } from "node:zlib";
import { parseSealed } from "../core/seal.ts";
import { hourStartMs, isCompressed, listSegments, parseSegmentName } from "./segment.ts";

/** A record as it is read back: fields of this or a later version, own fields included. */
export type StoredRecord = Readonly<Record<string, unknown>>;

/** The records to read, by their `time`: from `sinceMs`, before `untilMs`. Undefined for no bound. */
export interface Period {
  readonly sinceMs?: number | undefined;
  readonly untilMs?: number | undefined;
}

const hourMs = 3_600_000;
const newline = 0x0a;
const chunkBytes = 262_144;
/** A line without an end in this many bytes is no record. */
const lineBytes = 16_777_216;

/**
 * Reads the records of a usage log in the order they were written, one line in memory at a time. Incomplete lines are skipped and reported to `unreadable`: a damaged line, or the one being written now.
 */
export async function* readRecords(
  folder: string,
  period: Period = {},
  unreadable: (segment: string) => void = () => {},
): AsyncGenerator<StoredRecord> {
  for (const name of await segmentsOf(folder, period))
    for await (const record of readSegment(folder, name, () => unreadable(name)))
      if (within(record, period)) yield record;
}

/**
 * Reads the records that were written since a moment, whatever time they have: a record's `time` is that of its exchange's first byte, which may be long
 * before.
 */
export async function* readWrittenSince(folder: string, sinceMs: number): AsyncGenerator<StoredRecord> {
  for (const name of await segmentsOf(folder, { sinceMs })) yield* readSegment(folder, name, () => {});
}

/** Names of the segments that may have records of a period, oldest first. */
export async function segmentsOf(folder: string, { sinceMs = 0 }: Period): Promise<readonly string[]> {
  // A record is written after it was opened: a segment whose hour ended before the period has none of it. The last one may still be written.
  return (await listSegments(folder)).filter((name, at, all) => {
    const hour = parseSegmentName(name)?.hour;
    return hour === undefined || at === all.length - 1 || hourStartMs(hour) + hourMs > sinceMs;
  });
}

/** Reads one segment's records. */
export async function* readSegment(
  folder: string,
  name: string,
  unreadable: () => void,
): AsyncGenerator<StoredRecord> {
  for await (const lines of readLines(join(folder, name)))
    for (const line of lines) {
      const record = parseRecord(line);
      if (record === undefined) unreadable();
      else yield record;
    }
}

/** True if a record's `time` is in a period. */
export function within(record: StoredRecord, { sinceMs, untilMs }: Period): boolean {
  if (sinceMs === undefined && untilMs === undefined) return true;
  const { time } = record;
  const atMs = typeof time === "string" ? Date.parse(time) : Number.NaN;
  return atMs >= (sinceMs ?? Number.NEGATIVE_INFINITY) && atMs < (untilMs ?? Number.POSITIVE_INFINITY);
}

/** The whole lines of a file, as many at a time as come with one read; a last one without an end is left out. */
export async function* readLines(path: string): AsyncGenerator<readonly string[]> {
  for await (const bytes of readWholeLines(path))
    yield bytes.toString("utf8", 0, bytes.length - 1).split("\n");
}

/** The bytes of {@link readLines}, ends included. Throws, with the file's name, for a compressed file that is damaged. */
export async function* readWholeLines(path: string): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of contentOf(path)) {
    const bytes: Buffer = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const end = bytes.lastIndexOf(newline);
    if (end >= 0) yield bytes.subarray(0, end + 1);
    rest = bytes.subarray(end + 1);
    if (rest.length > lineBytes) return;
  }
}

async function* contentOf(path: string): AsyncGenerator<Buffer> {
  const file = createReadStream(path, { highWaterMark: chunkBytes });
  if (!isCompressed(path)) return yield* file;
  const unzipped = createGunzip({ chunkSize: chunkBytes });
  file.once("error", (error) => unzipped.destroy(error));
  try {
    yield* file.pipe(unzipped);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${path} cannot be read to its end: ${reason}`, { cause });
  }
}

/** A line of the log as a record, without its checksum; undefined for what is damaged or not a JSON object. */
export function parseRecord(line: string): StoredRecord | undefined {
  try {
    const value = parseSealed(line);
    return typeof value === "object" && value !== null ? (value as StoredRecord) : undefined;
  } catch {
    return undefined;
  }
}
