import { rm } from "node:fs/promises";
import { join } from "node:path";
import { columnsPath, hourStartMs, parseSegmentName } from "../segment.ts";
import { freeSegments } from "./free-segments.ts";

const hourMs = 3_600_000;

/** Removes the segments written before a time that nobody has still to deliver, and what reports kept of them; returns how many. */
export async function removeSegments(
  folder: string,
  sinks: readonly string[],
  beforeMs: number,
): Promise<number> {
  let removed = 0;
  for (const name of await freeSegments(folder, sinks)) {
    const hour = parseSegmentName(name)?.hour;
    if (hour === undefined || hourStartMs(hour) + hourMs > beforeMs) continue;
    await rm(columnsPath(folder, name), { force: true });
    await rm(join(folder, name));
    removed += 1;
  }
  return removed;
}
