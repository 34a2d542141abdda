import { type BasicType, fileWriter, ParquetWriter, schemaFromColumnData } from "hyparquet-writer";
import { replaceFileBy } from "../../core/replace-file.ts";
import { type Period, readRecords, type StoredRecord } from "../read.ts";
import { recordFields } from "../record-fields.ts";

/** Records in memory at once, and in one row group. */
const groupRecords = 20_000;

const floats: ReadonlySet<string> = new Set([
  "retrieval_latency_ms",
  "inference_latency_ms",
  "estimated_cost_usd",
  "ttft_ms",
  "tpot_ms",
]);
const booleans: ReadonlySet<string> = new Set(["fallback_used", "retrieval_required", "stream"]);
const integers = /(_tokens|_nano_usd|^status|^bytes_in|^bytes_out)$/;
/** Contract fields of the config's own, as one JSON object. */
const ownFields = "own_fields";
const columns: readonly string[] = [...recordFields, ownFields];
const known: ReadonlySet<string> = new Set(recordFields);

/**
 * Writes a period's records as one Parquet file, whole or not at all; returns how many. A column for each field of the record: counts and
 * nano-dollars INT64, durations DOUBLE, `time` TIMESTAMP, and what has parts (`attempts`, `stage_ms`, `accounts`, `own_fields`) JSON text.
 */
export async function exportParquet(folder: string, period: Period, path: string): Promise<number> {
  let count = 0;
  await replaceFileBy(path, async (next) => {
    const writer = new ParquetWriter({
      writer: fileWriter(next),
      schema: schemaFromColumnData({ columnData: columnData([]) }),
      createdBy: "tollgate",
    });
    let group: StoredRecord[] = [];
    const write = async (): Promise<void> => {
      if (group.length > 0) await writer.write({ columnData: columnData(group), rowGroupSize: groupRecords });
      count += group.length;
      group = [];
    };
    for await (const record of readRecords(folder, period))
      if (group.push(record) === groupRecords) await write();
    await write();
    await writer.finish();
  });
  return count;
}

function columnData(records: readonly StoredRecord[]) {
  return columns.map((name) => ({
    name,
    type: typeOf(name),
    nullable: true,
    data: records.map((record) => cellOf(record, name)),
  }));
}

function typeOf(name: string): BasicType {
  if (name === "time") return "TIMESTAMP";
  if (floats.has(name)) return "DOUBLE";
  if (booleans.has(name)) return "BOOLEAN";
  return integers.test(name) ? "INT64" : "STRING";
}

function cellOf(record: StoredRecord, name: string): unknown {
  if (name === ownFields) return ownFieldsOf(record);
  const value = record[name];
  if (value === undefined || value === null) return undefined;
  switch (typeOf(name)) {
    case "TIMESTAMP":
      return new Date(String(value));
    case "INT64":
      return /^\d{1,18}$/.test(String(value)) ? BigInt(String(value)) : undefined;
    case "STRING":
      return typeof value === "string" ? value : JSON.stringify(value);
    default:
      return value;
  }
}

function ownFieldsOf(record: StoredRecord): string | undefined {
  const own = Object.entries(record).filter(([name]) => !known.has(name));
  return own.length === 0 ? undefined : JSON.stringify(Object.fromEntries(own));
}
