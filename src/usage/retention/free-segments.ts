import { listSegments } from "../segment.ts";
import { cursorPath, readCursor } from "../sink/cursor.ts";

/**
 * Names of the segments that nobody writes or has still to read, oldest first: all before the last, and before where the slowest of these
 * sinks stands. A sink that has delivered nothing yet keeps them all.
 */
export async function freeSegments(folder: string, sinks: readonly string[]): Promise<readonly string[]> {
  let free = (await listSegments(folder)).slice(0, -1);
  for (const sink of sinks) {
    // The position of a damaged cursor is unknown: everything may still have to be delivered.
    const cursor = await readCursor(cursorPath(folder, sink)).catch(() => undefined);
    free = cursor === undefined ? [] : free.filter((name) => name < cursor.segment);
  }
  return free;
}
