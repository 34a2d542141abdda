import { join } from "node:path";
import { parseRecord, readWholeLines } from "./read.ts";
import { listSegments } from "./segment.ts";

/** A line of a usage log that is not what was written. */
export interface DamagedLine {
  /** The segment. */
  readonly file: string;
  /** Where the line begins, in bytes (of a compressed segment: as it was before), and how long it is. */
  readonly at: number;
  readonly bytes: number;
  /** Whose record it was, where that can still be read. */
  readonly exchangeId: string | undefined;
}

const newline = 0x0a;

/** Finds the damaged lines of a usage log, in order. Throws, with the file's name, for a compressed segment that cannot be read. */
export async function* damagedLines(folder: string): AsyncGenerator<DamagedLine> {
  for (const file of await listSegments(folder)) {
    let at = 0;
    for await (const bytes of readWholeLines(join(folder, file))) {
      for (let start = 0; start < bytes.length; ) {
        const end = bytes.indexOf(newline, start);
        const line = bytes.toString("utf8", start, end);
        if (parseRecord(line) === undefined)
          yield { file, at: at + start, bytes: end - start, exchangeId: exchangeIdIn(line) };
        start = end + 1;
      }
      at += bytes.length;
    }
  }
}

function exchangeIdIn(line: string): string | undefined {
  return /"exchange_id":"([0-9a-f-]{36})"/.exec(line)?.[1];
}
