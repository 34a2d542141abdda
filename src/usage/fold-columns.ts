import type { FieldColumn, RecordColumns } from "./columns.ts";
import { type TimeField, timeFieldOf, timeText } from "./dimension.ts";
import type { Groups } from "./groups.ts";
import type { Period } from "./read.ts";

const quarterMs = 900_000;
/** Combinations of values up to which a group is found by an array rather than a map. */
const slotsMax = 4_194_304;

/** True if the columns can answer a report by these fields. */
export function canFold(columns: RecordColumns, by: readonly string[]): boolean {
  return by.every((field) => timeFieldOf(field) !== undefined || !columns.leftOut.has(field));
}

/** Adds a segment's records of a period to groups: the same sums as record by record. */
export function foldColumns(
  columns: RecordColumns,
  by: readonly string[],
  period: Period,
  groups: Groups,
): void {
  const keys = by.map((field) => keyColumn(columns, field));
  const { groupOf, first } = assignGroups(columns, keys, period);
  const sum = (column: Float64Array | Uint32Array) => sumByGroup(column, groupOf, first.length);
  const exchanges = sum(new Uint32Array(columns.records).fill(1));
  const inputs = sum(columns.inputTokens);
  const outputs = sum(columns.outputTokens);
  const costs = [sum(columns.costLow), sum(columns.costHigh)] as const;
  const wasted = [sum(columns.wastedLow), sum(columns.wastedHigh)] as const;
  for (const [group, at] of first.entries())
    groups.add(
      keys.map(({ codes, values }) => values[codes[at] ?? 0] ?? null),
      {
        exchanges: exchanges[group] ?? 0,
        inputTokens: inputs[group] ?? 0,
        outputTokens: outputs[group] ?? 0,
        costNanoUsd: joined(costs[0][group], costs[1][group]),
        wastedNanoUsd: joined(wasted[0][group], wasted[1][group]),
      },
    );
}

/** The number of each record's group, -1 for one outside the period, and the first record of each group. */
function assignGroups(
  { records, timesMs }: RecordColumns,
  keys: readonly FieldColumn[],
  period: Period,
): { readonly groupOf: Int32Array; readonly first: readonly number[] } {
  const { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = period;
  const unbounded = period.sinceMs === undefined && period.untilMs === undefined;
  const groupOf = new Int32Array(records).fill(-1);
  const first: number[] = [];
  const find = groupFinder(keys);
  for (let at = 0; at < records; at++) {
    const timeMs = timesMs[at] ?? Number.NaN;
    if (!unbounded && !(timeMs >= sinceMs && timeMs < untilMs)) continue;
    const group = find(at);
    if (group === first.length) first.push(at);
    groupOf[at] = group;
  }
  return { groupOf, first };
}

/** One column at a time keeps the loop small and fast. Sums of 32-bit halves stay exact in doubles for two million records. */
function sumByGroup(column: Float64Array | Uint32Array, groupOf: Int32Array, groups: number): Float64Array {
  const sums = new Float64Array(groups);
  for (let at = 0; at < groupOf.length; at++) {
    const group = groupOf[at] ?? -1;
    if (group >= 0) sums[group] = (sums[group] ?? 0) + (column[at] ?? 0);
  }
  return sums;
}

function joined(low = 0, high = 0): bigint {
  return (BigInt(high) << 32n) + BigInt(low);
}

/** Numbers the combinations of values from 0 as they come. */
function groupFinder(keys: readonly FieldColumn[]): (at: number) => number {
  let slots = 1;
  const strides = keys.map(({ values }) => {
    const stride = slots;
    slots *= values.length;
    return stride;
  });
  const slotOf = (at: number): number => {
    let slot = 0;
    for (let key = 0; key < keys.length; key++) slot += (keys[key]?.codes[at] ?? 0) * (strides[key] ?? 0);
    return slot;
  };
  let groups = 0;
  if (slots <= slotsMax) {
    const groupPlusOne = new Uint32Array(slots);
    return (at) => {
      const slot = slotOf(at);
      const known = groupPlusOne[slot] ?? 0;
      if (known > 0) return known - 1;
      groupPlusOne[slot] = groups + 1;
      return groups++;
    };
  }
  const groupOf = new Map<number, number>();
  return (at) => {
    const slot = slotOf(at);
    const known = groupOf.get(slot);
    if (known !== undefined) return known;
    groupOf.set(slot, groups);
    return groups++;
  };
}

function keyColumn(columns: RecordColumns, field: string): FieldColumn {
  const time = timeFieldOf(field);
  if (time !== undefined) return timeColumn(columns, time);
  return columns.fields.get(field) ?? { codes: new Uint16Array(columns.records), values: [null] };
}

/** Times by their month, day or hour: a segment's records lie within few hours. */
function timeColumn({ timesMs, records }: RecordColumns, field: TimeField): FieldColumn {
  const codes = new Uint16Array(records);
  const values: (string | null)[] = [null];
  const codeOfQuarter = new Map<number, number>();
  const textAt = timeText();
  for (let at = 0; at < records; at++) {
    const timeMs = timesMs[at] ?? Number.NaN;
    const quarter = Math.floor(timeMs / quarterMs);
    if (Number.isNaN(quarter)) continue;
    let code = codeOfQuarter.get(quarter);
    if (code === undefined) {
      const text = textAt(field, timeMs) ?? null;
      const known = values.indexOf(text);
      code = known < 0 ? values.push(text) - 1 : known;
      codeOfQuarter.set(quarter, code);
    }
    codes[at] = code;
  }
  return { codes, values };
}
