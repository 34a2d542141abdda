import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type Period, readRecords } from "../../../src/usage/read.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tollgate-usage-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const lineAt = (n: number, time: string) => `${JSON.stringify({ n, time })}\n`;

async function read(
  period?: Period,
): Promise<{ readonly numbers: unknown[]; readonly unreadable: string[] }> {
  const numbers: unknown[] = [];
  const unreadable: string[] = [];
  for await (const record of readRecords(folder, period, (name) => unreadable.push(name)))
    numbers.push(record.n);
  return { numbers, unreadable };
}

describe("readRecords()", () => {
  it("reads nothing from a folder that is not there", async () => {
    assert.deepEqual([...(await read()).numbers], []);
    await rm(folder, { recursive: true });
    assert.deepEqual((await read()).numbers, []);
  });

  it("reads a period by the records' own time, the end excluded", async () => {
    await writeFile(
      join(folder, "usage-20261121T10-00001.jsonl"),
      lineAt(1, "2026-11-21T09:59:59.999Z") + lineAt(2, "2026-11-21T10:00:00.000Z"),
    );
    await writeFile(
      join(folder, "usage-20261121T12-00001.jsonl"),
      lineAt(3, "2026-11-21T10:59:00.000Z") + lineAt(4, "2026-11-21T12:30:00.000Z"),
    );
    const sinceMs = Date.parse("2026-11-21T10:00:00Z");
    assert.deepEqual((await read({ sinceMs })).numbers, [2, 3, 4]);
    assert.deepEqual((await read({ sinceMs, untilMs: sinceMs + 3_600_000 })).numbers, [2, 3]);
    assert.deepEqual((await read({ sinceMs: sinceMs + 2 * 3_600_000 })).numbers, [4]);
  });

  it("reads the last segment whatever hour its name says: it may still be written", async () => {
    await writeFile(join(folder, "usage-20261101T10-00001.jsonl"), lineAt(1, "2026-12-01T11:00:00.000Z"));
    await writeFile(join(folder, "usage-20261101T11-00001.jsonl"), lineAt(2, "2026-12-01T12:00:00.000Z"));
    assert.deepEqual((await read({ sinceMs: Date.parse("2026-12-01T00:00:00Z") })).numbers, [2]);
  });

  it("passes over what is not JSON, and tells where", async () => {
    const name = "usage-20261121T10-00001.jsonl";
    await writeFile(join(folder, name), `${lineAt(1, "")}\0\0\0{"n"\n42\n${lineAt(2, "")}{"n":3`);
    assert.deepEqual(await read(), { numbers: [1, 2], unreadable: [name, name] });
  });

  it("reads records and letters that lie across the borders of its reads", async () => {
    const text = "é".repeat(1_000);
    const lines = Array.from({ length: 700 }, (_, n) => `${JSON.stringify({ n, text })}\n`).join("");
    await writeFile(join(folder, "usage-20261121T10-00001.jsonl"), lines);
    let seen = 0;
    for await (const record of readRecords(folder)) {
      assert.equal(record.n, seen++);
      assert.equal(record.text, text);
    }
    assert.equal(seen, 700);
  });
});
