import { dimensionOf } from "./dimension.ts";
import { Groups, type Report } from "./groups.ts";
import type { StoredRecord } from "./read.ts";
import { sumsOf } from "./sums.ts";

/**
 * Sums records by fields: any of the record's, own ones included, and `hour`, `day` and `month` of its time in UTC. Unknown tokens and
 * costs add nothing. Throws a RangeError beyond a million groups.
 */
export async function report(
  records: AsyncIterable<StoredRecord> | Iterable<StoredRecord>,
  by: readonly string[],
): Promise<Report> {
  const groups = new Groups();
  for await (const record of records) {
    const key = by.map((field) => dimensionOf(record, field));
    groups.add(key, sumsOf(record));
  }
  return groups.report(by);
}
