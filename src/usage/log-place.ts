import { readSegment, type StoredRecord } from "./read.ts";
import { listSegments, parseSegmentName } from "./segment.ts";

/** A record's place in a usage log. */
export interface LogPlace {
  /** Its segment, by hour and number: they sort as the segments were written. */
  readonly segment: string;
  /** Its number among the segment's readable records, from 1. */
  readonly record: number;
}

/** A record and its place. */
export interface PlacedRecord {
  readonly record: StoredRecord;
  readonly place: LogPlace;
}

/** True if a record was written later than another. */
export function comesAfter(place: LogPlace, other: LogPlace): boolean {
  return place.segment === other.segment ? place.record > other.record : place.segment > other.segment;
}

/** The records behind a place, all there are without one, in the order they were written. Damaged lines are passed over. */
export async function* recordsAfter(
  folder: string,
  place: LogPlace | undefined,
): AsyncGenerator<PlacedRecord> {
  for (const name of await listSegments(folder))
    if (place === undefined || sortKey(name) >= place.segment)
      for await (const placed of placedRecords(folder, name))
        if (place === undefined || comesAfter(placed.place, place)) yield placed;
}

/** The last place that has a record of one of some exchanges. Undefined if none has. Reads back from the end as far as needed. */
export async function lastPlaceOf(
  folder: string,
  exchangeIds: ReadonlySet<string>,
): Promise<LogPlace | undefined> {
  if (exchangeIds.size === 0) return undefined;
  for (const name of [...(await listSegments(folder))].reverse()) {
    let last: LogPlace | undefined;
    for await (const { record, place } of placedRecords(folder, name))
      if (exchangeIds.has(String(record.exchange_id))) last = place;
    if (last !== undefined) return last;
  }
  return undefined;
}

async function* placedRecords(folder: string, name: string): AsyncGenerator<PlacedRecord> {
  const segment = sortKey(name);
  let number = 0;
  for await (const record of readSegment(folder, name, () => {})) {
    number += 1;
    yield { record, place: { segment, record: number } };
  }
}

function sortKey(name: string): string {
  const { hour, number } = parseSegmentName(name) ?? { hour: name, number: 0 };
  return `${hour} ${number.toString().padStart(5, "0")}`;
}
