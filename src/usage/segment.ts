import { open, readdir } from "node:fs/promises";
import { join } from "node:path";
import { isSealed } from "../core/seal.ts";

/** One file of the usage log, `usage-<UTC hour>-<number in it>.jsonl`, compressed with `.gz` after it: names sort as their records were written. */
export interface Segment {
  /** UTC, e.g. `20261121T14`. */
  readonly hour: string;
  /** From 1. */
  readonly number: number;
}

const newline = 0x0a;
const tailBytes = 65_536;

/** The UTC hour of a time as segments name it. */
export function hourOf(atMs: number): string {
  return new Date(atMs).toISOString().slice(0, 13).replaceAll("-", "");
}

/** When a segment's hour begins, milliseconds since 1970. */
export function hourStartMs(hour: string): number {
  return Date.UTC(
    Number(hour.slice(0, 4)),
    Number(hour.slice(4, 6)) - 1,
    Number(hour.slice(6, 8)),
    Number(hour.slice(9, 11)),
  );
}

export function segmentName(segment: Segment): string {
  return `usage-${segment.hour}-${segment.number.toString().padStart(5, "0")}.jsonl`;
}

/** Undefined for a file that is not a segment. */
export function parseSegmentName(name: string): Segment | undefined {
  const match = /^usage-(\d{8}T\d{2})-(\d{5})\.jsonl(\.gz)?$/.exec(name);
  return match === null ? undefined : { hour: match[1] ?? "", number: Number(match[2]) };
}

/** The suffix of a compressed segment's name. */
export const compressedEnding = ".gz";

/** True if a segment is compressed: such segments never grow. */
export function isCompressed(name: string): boolean {
  return name.endsWith(compressedEnding);
}

/** The path of what reports keep of a segment. */
export function columnsPath(folder: string, name: string): string {
  return join(folder, name.replace(/jsonl(\.gz)?$/, "columns"));
}

/** Names of a folder's segments, oldest first; none when there is no such folder. */
export async function listSegments(folder: string): Promise<readonly string[]> {
  try {
    const names = (await readdir(folder)).filter((name) => parseSegmentName(name) !== undefined).sort();
    // A crash while a segment was compressed leaves both: the records are the same.
    return names.filter(
      (name) => !isCompressed(name) || !names.includes(name.slice(0, -compressedEnding.length)),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/** The result of repairing a segment. */
export interface SegmentRepair {
  /** Bytes that remain: whole lines. */
  readonly bytes: number;
  /** Bytes that were cut off behind them. */
  readonly cutBytes: number;
}

/**
 * Cuts off what a crash left after the last whole line. A last line whose checksum says that it is whole stays: its end alone is missing,
 * or damaged, and is written again.
 */
export async function repairSegment(folder: string, name: string): Promise<SegmentRepair> {
  const file = await open(join(folder, name), "r+");
  try {
    const { size } = await file.stat();
    const whole = await wholeLinesBytes(file, size);
    if (whole === size) return { bytes: size, cutBytes: 0 };
    const { buffer, bytesRead } = await file.read(Buffer.alloc(tailBytes), 0, tailBytes, whole);
    const tail = buffer.toString("utf8", 0, bytesRead);
    const kept = [tail, tail.slice(0, -1)].find(isSealed);
    if (kept === undefined) await file.truncate(whole);
    else await file.write("\n", whole + Buffer.byteLength(kept));
    await file.datasync();
    return kept === undefined
      ? { bytes: whole, cutBytes: size - whole }
      : { bytes: whole + Buffer.byteLength(kept) + 1, cutBytes: 0 };
  } finally {
    await file.close();
  }
}

async function wholeLinesBytes(file: Awaited<ReturnType<typeof open>>, size: number): Promise<number> {
  const buffer = Buffer.allocUnsafe(tailBytes);
  for (let end = size; end > 0; end -= tailBytes) {
    const start = Math.max(0, end - tailBytes);
    const { bytesRead } = await file.read(buffer, 0, end - start, start);
    const at = buffer.subarray(0, bytesRead).lastIndexOf(newline);
    if (at >= 0) return start + at + 1;
  }
  return 0;
}
