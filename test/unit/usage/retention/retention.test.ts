import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { gzipSync } from "node:zlib";
import { systemClock } from "../../../../src/core/clock.ts";
import { openUsageLog } from "../../../../src/usage/log.ts";
import { readRecords } from "../../../../src/usage/read.ts";
import { reportLog } from "../../../../src/usage/report-log.ts";
import { compressSegments } from "../../../../src/usage/retention/compress.ts";
import { eraseSubject } from "../../../../src/usage/retention/erase.ts";
import { removeSegments } from "../../../../src/usage/retention/remove.ts";
import { cursorPath, writeCursor } from "../../../../src/usage/sink/cursor.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tollgate-retention-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const nameOf = (hour: number) => `usage-20261121T${hour}-00001.jsonl`;

async function write(...hours: readonly number[]): Promise<void> {
  for (const hour of hours) {
    const records = [
      {
        n: hour,
        user_id: "u-1",
        trace_id: "t",
        key_name: "k",
        time: `2026-11-21T${hour}:00:00.000Z`,
        cost_nano_usd: "5",
      },
      {
        n: hour + 100,
        user_id: "u-2",
        trace_id: "t",
        time: `2026-11-21T${hour}:30:00.000Z`,
        cost_nano_usd: "7",
      },
    ];
    await writeFile(
      join(folder, nameOf(hour)),
      records.map((record) => `${JSON.stringify(record)}\n`).join(""),
    );
  }
}

async function numbers(): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for await (const record of readRecords(folder)) found.push(record.n);
  return found;
}

describe("compressSegments()", () => {
  it("compresses all but the segment being written, and reports read the same", async () => {
    await write(10, 11, 12);
    const before = await reportLog(folder, {}, ["user_id"]);
    assert.equal(await compressSegments(folder, []), 2);
    const names = (await readdir(folder)).filter((name) => !name.endsWith(".columns"));
    assert.deepEqual(names, [`${nameOf(10)}.gz`, `${nameOf(11)}.gz`, nameOf(12)]);
    assert.deepEqual(await numbers(), [10, 110, 11, 111, 12, 112]);
    assert.deepEqual(await reportLog(folder, {}, ["user_id"]), before);
    assert.equal(await compressSegments(folder, []), 0);
  });

  it("counts a segment once that a crash left in both forms", async () => {
    await write(10, 11);
    await writeFile(join(folder, `${nameOf(10)}.gz`), gzipSync(await readFile(join(folder, nameOf(10)))));
    assert.deepEqual(await numbers(), [10, 110, 11, 111]);
  });

  it("leaves alone what a sink has still to deliver", async () => {
    await write(10, 11, 12);
    assert.equal(await compressSegments(folder, ["new"]), 0);
    await writeCursor(cursorPath(folder, "slow"), { segment: nameOf(11), offset: 5 });
    await writeCursor(cursorPath(folder, "fast"), { segment: nameOf(12), offset: 0 });
    assert.equal(await compressSegments(folder, ["fast", "slow"]), 1);
    assert.equal(await compressSegments(folder, ["fast"]), 1);
  });

  it("lets a log go on where only compressed segments are left", async () => {
    await write(10);
    await writeFile(join(folder, `${nameOf(10)}.gz`), gzipSync(await readFile(join(folder, nameOf(10)))));
    await rm(join(folder, nameOf(10)));
    const log = await openUsageLog({
      folder,
      clock: { ...systemClock, nowMs: () => Date.parse("2026-11-21T10:40:00Z") },
    });
    log.append('{"n":1}');
    await log.close();
    assert.deepEqual(await numbers(), [10, 110, 1]);
    assert.ok((await readdir(folder)).includes("usage-20261121T10-00002.jsonl"));
  });
});

describe("removeSegments()", () => {
  it("removes what was written before a time, with what reports kept of it", async () => {
    await write(10, 11, 12, 13);
    await reportLog(folder, {}, []);
    assert.equal(await removeSegments(folder, [], Date.parse("2026-11-21T12:30:00Z")), 2);
    assert.deepEqual(await readdir(folder), [nameOf(12).replace("jsonl", "columns"), nameOf(12), nameOf(13)]);
  });

  it("never removes what a sink has still to deliver, or the segment being written", async () => {
    await write(10, 11);
    assert.equal(await removeSegments(folder, ["new"], Date.parse("2030-01-01")), 0);
    assert.equal(await removeSegments(folder, [], Date.parse("2030-01-01")), 1);
    assert.deepEqual(await numbers(), [11, 111]);
  });
});

describe("eraseSubject()", () => {
  it("takes a person out of plain and compressed segments, and leaves every sum as it was", async () => {
    await write(10, 11, 12);
    await compressSegments(folder, []);
    await write(11);
    await rm(join(folder, `${nameOf(11)}.gz`));
    const before = await reportLog(folder, {}, []);
    assert.deepEqual(await eraseSubject(folder, [], { field: "user_id", value: "u-1" }), {
      records: 2,
      pendingSegments: 1,
    });
    assert.deepEqual(await reportLog(folder, {}, []), before);
    const erased: unknown[] = [];
    for await (const record of readRecords(folder, { untilMs: Date.parse("2026-11-21T12:00:00Z") }))
      erased.push(record);
    assert.deepEqual(erased[0], {
      n: 10,
      trace_id: null,
      time: "2026-11-21T10:00:00.000Z",
      cost_nano_usd: "5",
    });
    assert.doesNotMatch(JSON.stringify(erased), /u-1/);
    assert.match(JSON.stringify(erased), /u-2/);
  });

  it("takes a person out of the accounts that were kept by person", async () => {
    const record = {
      user_id: "u-1",
      accounts: [{ name: "a", key: "tenant_id=acme,user_id=u-1", charged: "5" }],
    };
    await writeFile(join(folder, nameOf(10)), `${JSON.stringify(record)}\n`);
    await write(11);
    await eraseSubject(folder, [], { field: "user_id", value: "u-1" });
    assert.doesNotMatch(await readFile(join(folder, nameOf(10)), "utf8"), /u-1/);
  });
});
