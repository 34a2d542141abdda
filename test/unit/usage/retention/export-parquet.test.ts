import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { parquetReadObjects } from "hyparquet";
import { serialise, type UsageRecord } from "../../../../src/usage/record.ts";
import { exportParquet } from "../../../../src/usage/retention/export-parquet.ts";
import { bareRecord, fullRecord } from "../../../support/usage/usage-records.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tollgate-parquet-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("exportParquet()", () => {
  it("writes every field so that another reader has it back, exactly", async () => {
    const own = new Map([["environment", "prod"]]);
    const lines = [serialise(fullRecord, own), serialise(bareRecord)];
    await writeFile(join(folder, "usage-20261101T10-00001.jsonl"), `${lines.join("\n")}\n`);
    const path = join(folder, "all.parquet");
    assert.equal(await exportParquet(folder, {}, path), 2);
    const [full, bare] = await readBack(path);
    for (const [name, value] of Object.entries(fullRecord) as [keyof UsageRecord, unknown][])
      assert.deepEqual(plain(full?.[name], value), value, name);
    assert.deepEqual(JSON.parse(String(full?.own_fields)), { environment: "prod" });
    assert.equal(bare?.tenant_id ?? null, null);
    assert.equal(bare?.ending, "denied");
  });

  it("leaves nothing behind when it cannot write", async () => {
    await assert.rejects(exportParquet(folder, {}, join(folder, "no", "such", "folder")));
    assert.deepEqual(await readdir(folder), []);
  });
});

async function readBack(path: string): Promise<Record<string, unknown>[]> {
  const { buffer, byteOffset, byteLength } = await readFile(path);
  const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  return (await parquetReadObjects({ file })) as Record<string, unknown>[];
}

/** A cell as the record has it. */
function plain(cell: unknown, like: unknown): unknown {
  if (cell instanceof Date) return cell.toISOString();
  if (typeof cell === "bigint") return typeof like === "string" ? cell.toString() : Number(cell);
  return typeof like === "object" && like !== null ? JSON.parse(String(cell)) : cell;
}
