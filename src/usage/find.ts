import { join } from "node:path";
import { parseRecord, readLines, type StoredRecord, segmentsOf } from "./read.ts";

/** The records of one exchange id (one at most) or of one trace id, in the order they were written. */
export async function findRecords(folder: string, id: string): Promise<readonly StoredRecord[]> {
  const openedMs = uuidTimeMs(id);
  // An exchange id says when its exchange was opened; a trace id of the same form may not.
  if (openedMs !== undefined) {
    for await (const record of recordsWith(folder, id, openedMs))
      if (record.exchange_id === id) return [record];
  }
  const found: StoredRecord[] = [];
  for await (const record of recordsWith(folder, id))
    if (record.exchange_id === id || record.trace_id === id) found.push(record);
  return found;
}

/** Records that have a text anywhere: only their lines are parsed. */
async function* recordsWith(folder: string, text: string, sinceMs?: number): AsyncGenerator<StoredRecord> {
  const quoted = JSON.stringify(text);
  for (const name of await segmentsOf(folder, { sinceMs }))
    for await (const lines of readLines(join(folder, name)))
      for (const line of lines) {
        const record = line.includes(quoted) ? parseRecord(line) : undefined;
        if (record !== undefined) yield record;
      }
}

/** When a UUIDv7 was made; undefined for any other text. */
function uuidTimeMs(id: string): number | undefined {
  const match = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.exec(id);
  return match === null ? undefined : Number.parseInt(`${match[1]}${match[2]}`, 16);
}
