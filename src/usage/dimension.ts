import { localMs } from "../core/local-time.ts";
import type { StoredRecord } from "./read.ts";

/** Lengths of the prefixes of an ISO 8601 time that name its month, day or hour. */
const timeLengths: ReadonlyMap<string, number> = new Map([
  ["month", 7],
  ["day", 10],
  ["hour", 13],
]);
/** Clocks everywhere show the same hour throughout a quarter of one. */
const quarterMs = 900_000;

/** A field of a record's time. */
export interface TimeField {
  /** Length of that prefix of an ISO 8601 time. */
  readonly length: number;
  /** IANA. */
  readonly timeZone: string;
}

/**
 * The part of a record's time that a field to group by stands for. Undefined for a field of the record itself. `day@Europe/Berlin` is a local day.
 */
export function timeFieldOf(field: string): TimeField | undefined {
  const [name = "", timeZone = "UTC"] = field.split("@");
  const length = timeLengths.get(name);
  return length === undefined ? undefined : { length, timeZone };
}

/** The field as a report names it: without its time zone. */
export function fieldTitle(field: string): string {
  return field.split("@")[0] ?? field;
}

/** Fields to group by with those of time in a zone. */
export function inTimeZone(fields: readonly string[], timeZone: string): readonly string[] {
  if (timeZone === "UTC") return fields;
  return fields.map((field) => (timeLengths.has(field) ? `${field}@${timeZone}` : field));
}

/** A time's month, day or hour; undefined for no time. Remembers the last quarters of an hour that it was asked about. */
export function timeText(): (field: TimeField, atMs: number) => string | undefined {
  const known = new Map<string, string>();
  return ({ length, timeZone }, atMs) => {
    if (Number.isNaN(atMs)) return undefined;
    const quarter = Math.floor(atMs / quarterMs);
    const key = `${timeZone} ${length} ${quarter}`;
    let text = known.get(key);
    if (text === undefined) {
      text = new Date(localMs(timeZone, quarter * quarterMs)).toISOString().slice(0, length);
      if (known.size >= 1_000) known.clear();
      known.set(key, text);
    }
    return text;
  };
}

const textOfTime = timeText();

/** A record's value of a field to group by: one of its fields, or `month`, `day` or `hour` of its time. Null where it has none. */
export function dimensionOf(record: StoredRecord, field: string): string | null {
  const time = timeFieldOf(field);
  if (time === undefined) return textOf(record[field]);
  const written = textOf(record.time);
  if (written === null) return null;
  if (time.timeZone === "UTC") return textOf(written.slice(0, time.length));
  return textOfTime(time, Date.parse(written)) ?? null;
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
