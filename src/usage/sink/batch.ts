import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseRecord, type StoredRecord } from "../read.ts";
import { isCompressed, listSegments } from "../segment.ts";
import type { Cursor } from "./cursor.ts";

/** The records after a cursor. */
export interface Batch {
  readonly records: readonly StoredRecord[];
  /** Lines that are no records, passed over. */
  readonly unreadable: number;
  /** Where the next batch begins. */
  readonly end: Cursor;
  /** Bytes of the log beyond `end`. */
  readonly restBytes: number;
}

const newline = 0x0a;
/** A longer line is no record: reading it stops there until it is whole. */
const lineBytesMax = 16_777_216;

/** Reads up to `records` records and about `bytes` bytes after a cursor; undefined when the log ends there. */
export async function readBatch(
  folder: string,
  cursor: Cursor | undefined,
  limits: { readonly records: number; readonly bytes: number },
): Promise<Batch | undefined> {
  // Compressed segments are history: every sink there was had them delivered.
  const segments = (await listSegments(folder)).filter((name) => !isCompressed(name));
  let position = positionIn(segments, cursor);
  while (position !== undefined) {
    const { segment, offset } = position;
    const later = segments.slice(segments.indexOf(segment) + 1);
    const path = join(folder, segment);
    const { size } = await stat(path);
    const lines = size > offset ? await readLines(path, offset, limits) : undefined;
    if (lines !== undefined) {
      const end = { segment, offset: offset + lines.bytes };
      return {
        ...recordsOf(lines.text),
        end,
        restBytes: size - end.offset + (await totalBytes(folder, later)),
      };
    }
    // Only the last segment grows: what is left of an earlier one is a torn line.
    const [next] = later;
    position = next === undefined ? undefined : { segment: next, offset: 0 };
  }
  return undefined;
}

/** The cursor's own segment, or the oldest after it when it is gone; the oldest of all without a cursor. */
function positionIn(segments: readonly string[], cursor: Cursor | undefined): Cursor | undefined {
  if (cursor !== undefined && segments.includes(cursor.segment)) return cursor;
  const segment = segments.find((name) => cursor === undefined || name > cursor.segment);
  return segment === undefined ? undefined : { segment, offset: 0 };
}

async function readLines(
  path: string,
  offset: number,
  limits: { readonly records: number; readonly bytes: number },
): Promise<{ readonly text: string; readonly bytes: number } | undefined> {
  const file = await open(path, "r");
  try {
    for (let size = limits.bytes; size <= lineBytesMax; size *= 2) {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(size), 0, size, offset);
      const end = endOfLines(buffer.subarray(0, bytesRead), limits.records);
      if (end > 0) return { text: buffer.toString("utf8", 0, end - 1), bytes: end };
      if (bytesRead < size) return undefined;
    }
    return undefined;
  } finally {
    await file.close();
  }
}

/** The byte after the last line end, or after the `most`th; 0 without any. */
function endOfLines(bytes: Buffer, most: number): number {
  let end = 0;
  for (let lines = 0; lines < most; lines++) {
    const at = bytes.indexOf(newline, end);
    if (at < 0) break;
    end = at + 1;
  }
  return end;
}

function recordsOf(text: string): Pick<Batch, "records" | "unreadable"> {
  const lines = text.split("\n");
  const records = lines.map(parseRecord).filter((record) => record !== undefined);
  return { records, unreadable: lines.length - records.length };
}

async function totalBytes(folder: string, segments: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const segment of segments) bytes += (await stat(join(folder, segment))).size;
  return bytes;
}
