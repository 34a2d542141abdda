import assert from "node:assert/strict";
import { appendFile, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import fc from "fast-check";
import { type Period, readRecords } from "../../../src/usage/read.ts";
import { report } from "../../../src/usage/report.ts";
import { reportLog } from "../../../src/usage/report-log.ts";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tollgate-report-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const startMs = Date.parse("2026-11-21T10:00:00Z");
const lines = (records: readonly object[]) => records.map((record) => `${JSON.stringify(record)}\n`).join("");
const names = [
  "usage-20261121T10-00001.jsonl",
  "usage-20261121T11-00001.jsonl",
  "usage-20261121T12-00001.jsonl",
];

/** Writes each list of records as a segment. */
async function writeLog(segments: readonly (readonly object[])[]): Promise<void> {
  for (const [at, records] of segments.entries()) await writeFile(join(folder, names[at]!), lines(records));
}

async function sameAsByRecord(by: readonly string[], period: Period = {}): Promise<void> {
  const { unreadableLines: _, ...fromColumns } = await reportLog(folder, period, by);
  assert.deepEqual(fromColumns, await report(readRecords(folder, period), by));
}

const groupings = [
  [],
  ["tenant_id"],
  ["tenant_id", "environment", "stream"],
  ["day"],
  ["hour", "status"],
  ["day@Asia/Kolkata", "status"],
  ["exchange_id"],
  ["input_tokens"],
];

describe("reportLog()", () => {
  it("sums as record by record, by any fields, of any period, the first time and every later one", async () => {
    const text = fc.constantFrom("acme", "beta", "", "true", "é\n");
    const record = fc.record(
      {
        time: fc.integer({ min: 0, max: 7_200_000 }).map((ms) => new Date(startMs + ms).toISOString()),
        exchange_id: fc.uuid(),
        tenant_id: fc.option(text),
        environment: text,
        stream: fc.boolean(),
        status: fc.constantFrom(200, 429),
        input_tokens: fc.option(fc.nat()),
        output_tokens: fc.nat(),
        cost_nano_usd: fc.bigInt({ min: 0n, max: 2n ** 64n + 5n }).map(String),
        ending: fc.constantFrom("completed", "lost"),
        attempts: fc.constantFrom(
          [{ target: "a/b" }],
          [{ target: "a/b", cost_nano_usd: "7" }, { target: "c/d" }],
        ),
      },
      { requiredKeys: ["time", "exchange_id"] },
    );
    const period = fc.record({
      sinceMs: fc.option(fc.integer({ min: startMs, max: startMs + 7_200_000 }), { nil: undefined }),
      untilMs: fc.option(fc.integer({ min: startMs, max: startMs + 7_200_000 }), { nil: undefined }),
    });
    const log = fc.array(fc.array(record, { maxLength: 30 }), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(log, period, fc.constantFrom(...groupings), async (segments, when, by) => {
        await Promise.all((await readdir(folder)).map((name) => rm(join(folder, name))));
        await writeLog(segments);
        await sameAsByRecord(by, when);
        await sameAsByRecord(by, when);
      }),
      { numRuns: 60 },
    );
  });

  it("keeps columns of segments that no longer grow, and reads these instead of the records", async () => {
    await writeLog([[{ tenant_id: "acme" }], [{ tenant_id: "beta" }]]);
    await reportLog(folder, {}, ["tenant_id"]);
    assert.deepEqual(await readdir(folder), [names[0]?.replace("jsonl", "columns"), names[0], names[1]]);
    // The same size, other records: only the columns can still know the first tenant.
    await writeFile(join(folder, names[0]!), lines([{ tenant_id: "ACME" }]));
    assert.deepEqual(
      (await reportLog(folder, {}, ["tenant_id"])).rows.map(({ key }) => key[0]),
      ["acme", "beta"],
    );
  });

  it("makes columns anew that are of another size of segment, cut short, or of no known format", async () => {
    const columns = join(folder, names[0]!.replace("jsonl", "columns"));
    await writeLog([[{ tenant_id: "acme" }], [{ tenant_id: "beta" }]]);
    await reportLog(folder, {}, ["tenant_id"]);
    await appendFile(join(folder, names[0]!), lines([{ tenant_id: "gamma" }]));
    await sameAsByRecord(["tenant_id"]);
    await truncate(columns, (await stat(columns)).size - 1);
    await sameAsByRecord(["tenant_id"]);
    for (const broken of ["", "{}\n", "not JSON\n", "x".repeat(300_000)]) {
      await writeFile(columns, broken);
      await sameAsByRecord(["tenant_id"]);
    }
  });

  it("finds damaged columns, wherever a bit is wrong, and makes them again", async () => {
    const path = join(folder, names[0]!.replace("jsonl", "columns"));
    const records = ["acme", "beta", null].map((tenant_id, at) => ({
      time: new Date(startMs + at).toISOString(),
      tenant_id,
      input_tokens: 7,
      cost_nano_usd: "5000000000",
      attempts: [{ target: "a/b", cost_nano_usd: "7" }],
    }));
    await writeLog([records, [{ tenant_id: "beta" }]]);
    await reportLog(folder, {}, ["tenant_id"]);
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole);
      damaged.writeUInt8((whole[at] ?? 0) ^ 0x01, at);
      await writeFile(path, damaged);
      await sameAsByRecord(["tenant_id"]);
      assert.ok((await readFile(path)).equals(whole), `byte ${at} is made again`);
    }
  });

  it("reads the records for a field of too many values", async () => {
    const users = Array.from({ length: 10_050 }, (_, n) => ({ user_id: `u-${n}`, team: "one" }));
    await writeLog([users, [{ user_id: "u-1" }]]);
    const first = await reportLog(folder, {}, ["team", "user_id"]);
    assert.equal(first.rows.length, 10_051);
    await sameAsByRecord(["team"]);
    await sameAsByRecord(["user_id"]);
  });

  it("tells how many lines were no records", async () => {
    await writeLog([[{ n: 1 }], [{ n: 2 }]]);
    await appendFile(join(folder, names[0]!), "torn\n");
    await appendFile(join(folder, names[1]!), "\0\n");
    assert.equal((await reportLog(folder, {}, [])).unreadableLines, 2);
    assert.equal((await reportLog(folder, {}, [])).unreadableLines, 2);
  });
});
