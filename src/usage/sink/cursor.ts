import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { replaceFile } from "../../core/replace-file.ts";
import { parseSealed, seal } from "../../core/seal.ts";
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

/** Undefined when there is none: delivery then begins with the oldest record. Throws when there is one that is damaged. */
export async function readCursor(path: string): Promise<Cursor | undefined> {
  let kept: string;
  try {
    kept = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  try {
    return schema.parse(parseSealed(kept));
  } catch (cause) {
    throw new Error(
      `${path} is damaged: where the delivery stood is not known. Remove it to deliver every record of the log again; exchange_id tells doubles`,
      { cause },
    );
  }
}

/** Replaces the cursor whole: a crash leaves the old or the new one. */
export function writeCursor(path: string, cursor: Cursor): Promise<void> {
  return replaceFile(path, seal(JSON.stringify(cursor)));
}
