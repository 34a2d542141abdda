import type { Columns, FieldColumn } from "./columns.ts";
import { timeLengthOf } from "./dimension.ts";
import type { Groups } from "./groups.ts";
import type { Period } from "./read.ts";

const hourMs = 3_600_000;
/** Combinations of values up to which a group is found by an array rather than a map. */
const maxSlots = 4_194_304;

/** Whether the columns can answer a report by these fields. */
export function canFold(columns: Columns, by: readonly string[]): boolean {
  return by.every((field) => timeLengthOf(field) !== undefined || !columns.leftOut.has(field));
}

/** Adds a segment's records of a period to groups: the same sums as record by record. */
export function foldColumns(columns: Columns, by: readonly string[], period: Period, groups: Groups): void {
  const { sinceMs = Number.NEGATIVE_INFINITY, untilMs = Number.POSITIVE_INFINITY } = period;
  const unbounded = period.sinceMs === undefined && period.untilMs === undefined;
  const keys = by.map((field) => keyColumn(columns, field));
  const groupOf = groupFinder(keys);
  const { timesMs, inputTokens, outputTokens, costLow, costHigh } = columns;
  const first: number[] = [];
  const exchanges: number[] = [];
  const inputs: number[] = [];
  const outputs: number[] = [];
  // Two sums of at most 2^32 a record stay exact in doubles for two million records.
  const low: number[] = [];
  const high: number[] = [];
  for (let at = 0; at < columns.records; at++) {
    const timeMs = timesMs[at] ?? Number.NaN;
    if (!unbounded && !(timeMs >= sinceMs && timeMs < untilMs)) continue;
    const group = groupOf(at);
    if (group === first.length) {
      first.push(at);
      for (const sums of [exchanges, inputs, outputs, low, high]) sums.push(0);
    }
    exchanges[group] = (exchanges[group] ?? 0) + 1;
    inputs[group] = (inputs[group] ?? 0) + (inputTokens[at] ?? 0);
    outputs[group] = (outputs[group] ?? 0) + (outputTokens[at] ?? 0);
    low[group] = (low[group] ?? 0) + (costLow[at] ?? 0);
    high[group] = (high[group] ?? 0) + (costHigh[at] ?? 0);
  }
  for (const [group, at] of first.entries())
    groups.add(
      keys.map(({ codes, values }) => values[codes[at] ?? 0] ?? null),
      {
        exchanges: exchanges[group] ?? 0,
        inputTokens: inputs[group] ?? 0,
        outputTokens: outputs[group] ?? 0,
        costNanoUsd: (BigInt(high[group] ?? 0) << 32n) + BigInt(low[group] ?? 0),
      },
    );
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
  if (slots <= maxSlots) {
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

function keyColumn(columns: Columns, field: string): FieldColumn {
  const length = timeLengthOf(field);
  if (length !== undefined) return timeColumn(columns, length);
  return columns.fields.get(field) ?? { codes: new Uint16Array(columns.records), values: [null] };
}

/** Times by their first characters: a segment's records lie within few hours. */
function timeColumn({ timesMs, records }: Columns, length: number): FieldColumn {
  const codes = new Uint16Array(records);
  const values: (string | null)[] = [null];
  const codeOfHour = new Map<number, number>();
  for (let at = 0; at < records; at++) {
    const hour = Math.floor((timesMs[at] ?? Number.NaN) / hourMs);
    if (Number.isNaN(hour)) continue;
    let code = codeOfHour.get(hour);
    if (code === undefined) {
      const text = new Date(hour * hourMs).toISOString().slice(0, length);
      const known = values.indexOf(text);
      code = known < 0 ? values.push(text) - 1 : known;
      codeOfHour.set(hour, code);
    }
    codes[at] = code;
  }
  return { codes, values };
}
