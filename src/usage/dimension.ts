import type { StoredRecord } from "./read.ts";

/** What of an ISO 8601 time names its month, day or hour. */
const timeLengths: ReadonlyMap<string, number> = new Map([
  ["month", 7],
  ["day", 10],
  ["hour", 13],
]);

/** How many characters of a record's `time` a field is; undefined for a field that the record has itself. */
export function timeLengthOf(field: string): number | undefined {
  return timeLengths.get(field);
}

/** A record's value of a field to group by: one of its own, or `month`, `day` or `hour` of its time in UTC; null where it has none. */
export function dimensionOf(record: StoredRecord, field: string): string | null {
  const length = timeLengths.get(field);
  return length === undefined ? textOf(record[field]) : textOf(textOf(record.time)?.slice(0, length));
}

/** A scalar as text; null for nothing, for empty text, and for what has parts. */
export function textOf(value: unknown): string | null {
  switch (typeof value) {
    case "string":
      return value === "" ? null : value;
    case "number":
    case "boolean":
      return String(value);
    default:
      return null;
  }
}
