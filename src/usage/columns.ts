import { textOf } from "./dimension.ts";
import type { Field, Presence } from "./field-type.ts";
import type { StoredRecord } from "./read.ts";
import { recordTable } from "./record-fields.ts";
import { sumsOf } from "./sums.ts";

/** One field of a segment's records: `values[codes[record]]`. */
export interface FieldColumn {
  readonly codes: Uint16Array;
  /** Code 0 is null. */
  readonly values: readonly (string | null)[];
}

/** The part of a segment's records that reports add up, field by field: a twentieth of the log's size, and read without parsing. */
export interface RecordColumns {
  readonly records: number;
  /** Lines of the segment that were no records. */
  readonly unreadable: number;
  readonly timesMs: Float64Array;
  readonly inputTokens: Float64Array;
  readonly outputTokens: Float64Array;
  /** Nano-USD, low and high 32 bits. */
  readonly costLow: Uint32Array;
  readonly costHigh: Uint32Array;
  readonly wastedLow: Uint32Array;
  readonly wastedHigh: Uint32Array;
  /** A field that no record has is not there. */
  readonly fields: ReadonlyMap<string, FieldColumn>;
  /** Fields with too many different values (ids): reports on these read the records. */
  readonly leftOut: ReadonlySet<string>;
}

/** Different values of a field in one segment, at most. */
const valuesMax = 10_000;
/** Fields of the record that differ with nearly every one. */
const neverFields = Object.entries<Field<unknown, Presence>>(recordTable)
  .filter(([, { type }]) => !type.hasFewValues)
  .map(([name]) => name);
const costMax = 2n ** 64n;

/** Turns records into columns; undefined where a cost passes 64 bits. */
export async function columnsOf(
  records: AsyncIterable<StoredRecord> | Iterable<StoredRecord>,
  unreadable: () => number,
): Promise<RecordColumns | undefined> {
  const timesMs: number[] = [];
  const inputs: number[] = [];
  const outputs: number[] = [];
  const costs: bigint[] = [];
  const wasted: bigint[] = [];
  const fields = new Fields();
  let count = 0;
  for await (const record of records) {
    const sums = sumsOf(record);
    if (sums.costNanoUsd >= costMax || sums.wastedNanoUsd >= costMax) return undefined;
    timesMs.push(Date.parse(String(record.time)));
    inputs.push(sums.inputTokens);
    outputs.push(sums.outputTokens);
    costs.push(sums.costNanoUsd);
    wasted.push(sums.wastedNanoUsd);
    fields.add(record, count);
    count += 1;
  }
  return {
    records: count,
    unreadable: unreadable(),
    timesMs: Float64Array.from(timesMs),
    inputTokens: Float64Array.from(inputs),
    outputTokens: Float64Array.from(outputs),
    costLow: Uint32Array.from(costs, low32),
    costHigh: Uint32Array.from(costs, high32),
    wastedLow: Uint32Array.from(wasted, low32),
    wastedHigh: Uint32Array.from(wasted, high32),
    ...fields.columns(count),
  };
}

function low32(value: bigint): number {
  return Number(value & 0xffff_ffffn);
}

function high32(value: bigint): number {
  return Number(value >> 32n);
}

interface GrowingField {
  readonly codes: number[];
  readonly codeOf: Map<string, number>;
}

/** Gives each value of each field a code, in the order they come. */
class Fields {
  readonly #fields = new Map<string, GrowingField>();
  readonly #leftOut = new Set<string>(neverFields);

  add(record: StoredRecord, at: number): void {
    for (const [name, value] of Object.entries(record)) {
      const text = textOf(value);
      if (text === null || this.#leftOut.has(name)) continue;
      let field = this.#fields.get(name);
      if (field === undefined) {
        field = { codes: [], codeOf: new Map() };
        this.#fields.set(name, field);
      }
      let code = field.codeOf.get(text);
      if (code === undefined) {
        code = field.codeOf.size + 1;
        field.codeOf.set(text, code);
      }
      field.codes[at] = code;
      if (code > valuesMax) {
        this.#leftOut.add(name);
        this.#fields.delete(name);
      }
    }
  }

  columns(records: number): Pick<RecordColumns, "fields" | "leftOut"> {
    const fields = new Map<string, FieldColumn>();
    for (const [name, { codes, codeOf }] of this.#fields) {
      const column = new Uint16Array(records);
      for (const [at, code] of codes.entries()) column[at] = code ?? 0;
      fields.set(name, { codes: column, values: [null, ...codeOf.keys()] });
    }
    return { fields, leftOut: this.#leftOut };
  }
}
