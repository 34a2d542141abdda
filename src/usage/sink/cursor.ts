import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "../../core/replace-file.ts";
import { parseSegmentName } from "../segment.ts";

/** Where a reader of the log stands: everything before this byte of this segment is delivered. */
export interface Cursor {
  readonly segment: string;
  readonly offset: number;
}

const schema = z.object({
  segment: z.string().refine((name) => parseSegmentName(name) !== undefined),
  offset: z.int().nonnegative(),
});

/** The file that keeps a sink's cursor, beside the segments. */
export function cursorPath(folder: string, sink: string): string {
  return join(folder, `cursor-${sink}.json`);
}

/** Undefined when there is none, or none that can be read: delivery then begins with the oldest record, and ids tell the doubles. */
export async function readCursor(path: string): Promise<Cursor | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

/** Replaces the cursor whole: a crash leaves the old or the new one. */
export function writeCursor(path: string, cursor: Cursor): Promise<void> {
  return replaceFile(path, JSON.stringify(cursor));
}
