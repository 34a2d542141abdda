import type { StoredRecord } from "./read.ts";

/** The sums of one group; `key` has a value for each field grouped by, null where the records have none. */
export interface ReportRow {
  readonly key: readonly (string | null)[];
  readonly exchanges: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly costNanoUsd: bigint;
}

/** Spend and tokens by group, dearest first, and all of them together. */
export interface Report {
  readonly by: readonly string[];
  readonly rows: readonly ReportRow[];
  readonly total: ReportRow;
}

/** Different groups of one report, at most: their sums are kept in memory. */
const maxGroups = 1_000_000;

interface Sums {
  readonly key: readonly (string | null)[];
  exchanges: number;
  inputTokens: number;
  outputTokens: number;
  costNanoUsd: bigint;
}

/**
 * Sums records by fields: any of the record's, own ones included, and `hour`, `day` and `month` of its time in UTC. Unknown tokens and
 * costs add nothing. Throws a RangeError beyond a million groups.
 */
export async function report(
  records: AsyncIterable<StoredRecord> | Iterable<StoredRecord>,
  by: readonly string[],
): Promise<Report> {
  const groups = new Map<string, Sums>();
  const total = sumsOf([]);
  for await (const record of records) {
    const key = by.map((field) => fieldOf(record, field));
    const id = JSON.stringify(key);
    let sums = groups.get(id);
    if (sums === undefined) {
      if (groups.size >= maxGroups) throw new RangeError(`more than ${maxGroups} groups: group by less`);
      sums = sumsOf(key);
      groups.set(id, sums);
    }
    add(sums, record);
    add(total, record);
  }
  return { by, rows: [...groups.values()].sort(dearestFirst), total };
}

function sumsOf(key: readonly (string | null)[]): Sums {
  return { key, exchanges: 0, inputTokens: 0, outputTokens: 0, costNanoUsd: 0n };
}

function add(sums: Sums, record: StoredRecord): void {
  sums.exchanges += 1;
  if (typeof record.input_tokens === "number") sums.inputTokens += record.input_tokens;
  if (typeof record.output_tokens === "number") sums.outputTokens += record.output_tokens;
  const cost = record.cost_nano_usd;
  if (typeof cost === "string" && /^\d{1,30}$/.test(cost)) sums.costNanoUsd += BigInt(cost);
}

/** What of an ISO 8601 time names its month, day or hour. */
const timeLengths: ReadonlyMap<string, number> = new Map([
  ["month", 7],
  ["day", 10],
  ["hour", 13],
]);

function fieldOf(record: StoredRecord, field: string): string | null {
  const timeLength = timeLengths.get(field);
  const value = timeLength === undefined ? record[field] : String(record.time ?? "").slice(0, timeLength);
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

function dearestFirst(left: Sums, right: Sums): number {
  if (left.costNanoUsd !== right.costNanoUsd) return left.costNanoUsd > right.costNanoUsd ? -1 : 1;
  if (left.exchanges !== right.exchanges) return right.exchanges - left.exchanges;
  return JSON.stringify(left.key) < JSON.stringify(right.key) ? -1 : 1;
}
