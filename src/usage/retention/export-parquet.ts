import { fileWriter, ParquetWriter, schemaFromColumnData } from "hyparquet-writer";
import { replaceFileBy } from "../../core/replace-file.ts";
import type { FieldType } from "../field-type.ts";
import { type Period, readRecords, type StoredRecord } from "../read.ts";
import { recordFields, recordTable } from "../record-fields.ts";

/** Records in memory at once, and in one row group. */
const groupRecords = 20_000;

/** The column of contract fields of the config's own, as one JSON object. */
const ownFields = "own_fields";
const known: ReadonlySet<string> = new Set(recordFields);

/**
 * Writes a period's records as one Parquet file, whole or not at all; returns how many. A column for each field of the record: counts and
 * nano-dollars INT64, durations DOUBLE, `time` TIMESTAMP, and objects and lists (`attempts`, `stage_ms`, `accounts`, `own_fields`) JSON text.
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
  const columns = Object.entries(recordTable).map(([name, { type }]) => ({
    name,
    type: type.column,
    nullable: true,
    data: records.map((record) => cellOf(record[name], type.column)),
  }));
  const own = { name: ownFields, type: "STRING" as const, nullable: true, data: records.map(ownFieldsOf) };
  return [...columns, own];
}

function cellOf(value: unknown, type: FieldType<unknown>["column"]): unknown {
  if (value === undefined || value === null) return undefined;
  switch (type) {
    case "TIMESTAMP":
      return new Date(String(value));
    case "INT64":
      return /^\d{1,18}$/.test(String(value)) ? BigInt(String(value)) : undefined;
    case "STRING":
      return typeof value === "string" ? value : JSON.stringify(value);
    case "DOUBLE":
    case "BOOLEAN":
      return value;
  }
}

function ownFieldsOf(record: StoredRecord): string | undefined {
  const own = Object.entries(record).filter(([name]) => !known.has(name));
  return own.length === 0 ? undefined : JSON.stringify(Object.fromEntries(own));
}
