import assert from "node:assert/strict";
import { appendFile, chmod, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { type Clock, systemClock } from "../../../src/core/clock.ts";
import { openUsageLog, type UsageLogOptions } from "../../../src/usage/log.ts";
import { readRecords } from "../../../src/usage/read.ts";

let folder = "";
let nowMs = 0;
const clock: Clock = { nowMs: () => nowMs, monotonicMs: () => systemClock.monotonicMs() };
const open = (options: Partial<UsageLogOptions> = {}) => openUsageLog({ folder, clock, ...options });

async function numbers(): Promise<readonly unknown[]> {
  const found: unknown[] = [];
  for await (const record of readRecords(folder)) found.push(record.n);
  return found;
}

const line = (n: number) => JSON.stringify({ n, time: new Date(nowMs).toISOString() });
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, at) => from + at);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tollgate-usage-"));
  nowMs = Date.parse("2026-11-21T14:30:00Z");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("openUsageLog()", () => {
  it("keeps every line, in order, across restarts", async () => {
    const first = await open();
    for (const n of range(0, 2_000)) assert.ok(first.append(line(n)));
    await first.close();
    const second = await open();
    for (const n of range(2_000, 2_010)) second.append(line(n));
    await second.close();
    assert.deepEqual(await numbers(), range(0, 2_010));
    assert.deepEqual(await readdir(folder), ["usage-20261121T14-00001.jsonl"]);
  });

  it("tells when what was appended is on the disk", async () => {
    const log = await open({ fsyncIntervalMs: 3_600_000 });
    log.append(line(1));
    assert.equal(log.health().queuedRecords, 1);
    await log.flush();
    const { queuedRecords, queuedBytes, syncedRecords, state } = log.health();
    assert.deepEqual(
      { queuedRecords, queuedBytes, syncedRecords, state },
      {
        queuedRecords: 0,
        queuedBytes: 0,
        syncedRecords: 1,
        state: "ok",
      },
    );
    assert.deepEqual(await numbers(), [1]);
    await log.close();
  });

  it("tells when what was appended can be read, without waiting for the disk", async () => {
    const log = await open({ fsyncIntervalMs: 3_600_000 });
    for (const n of range(0, 50)) log.append(line(n));
    await log.written();
    assert.deepEqual(await numbers(), range(0, 50));
    assert.equal(log.health().syncedRecords, 0);
    await log.close();
  });

  it("tells whoever asks while the last of the queue is being written", async () => {
    const log = await open({ fsyncIntervalMs: 3_600_000 });
    log.append(line(1));
    let isWritten = false;
    const first = log.written().then(() => {
      isWritten = true;
    });
    const asked = [first];
    while (!isWritten) {
      await new Promise((next) => setImmediate(next));
      asked.push(log.written());
    }
    await Promise.all(asked);
    assert.deepEqual(await numbers(), [1]);
    await log.close();
  });

  it("syncs by itself within the interval", async () => {
    const log = await open({ fsyncIntervalMs: 5 });
    log.append(line(1));
    while (log.health().syncedRecords === 0) await new Promise((done) => setTimeout(done, 2));
    await log.close();
  });

  it("begins a new segment when the hour ends, and none for a clock set back", async () => {
    const log = await open();
    for (const [n, minutes] of [30, 61, -120, 5].entries()) {
      nowMs += minutes * 60_000;
      log.append(line(n));
      await log.flush();
    }
    await log.close();
    assert.deepEqual(await readdir(folder), [
      "usage-20261121T15-00001.jsonl",
      "usage-20261121T16-00001.jsonl",
    ]);
    assert.deepEqual(await numbers(), [0, 1, 2, 3]);
  });

  it("begins a new segment when one is large enough", async () => {
    const log = await open({ segmentBytes: 200 });
    for (const batch of range(0, 10)) {
      for (const n of range(0, 4)) log.append(line(4 * batch + n));
      await log.flush();
    }
    await log.close();
    const names = await readdir(folder);
    assert.equal(names.length, 5);
    for (const name of names)
      assert.ok((await readFile(join(folder, name))).length < 200 + 4 * line(99).length + 4);
    assert.deepEqual(await numbers(), range(0, 40));
  });

  it("takes no more than its queue holds, and says so", async () => {
    const log = await open({ queueBytes: 3 * (line(0).length + 1) });
    assert.deepEqual(
      [0, 1, 2, 3].map((n) => log.append(line(n))),
      [true, true, true, false],
    );
    assert.equal(log.health().refusedRecords, 1);
    await log.flush();
    assert.ok(log.append(line(4)));
    await log.close();
    assert.deepEqual(await numbers(), [0, 1, 2, 4]);
  });

  for (const [what, torn] of [
    ["half a line", '{"n":9,"ti'],
    ["a long half line", `{"n":"${"x".repeat(200_000)}`],
    ["zeros", "\0".repeat(5_000)],
  ] as const)
    it(`repairs ${what} that a crash left`, async () => {
      const first = await open();
      first.append(line(1));
      await first.close();
      const [name = ""] = await readdir(folder);
      const whole = await readFile(join(folder, name), "utf8");
      await appendFile(join(folder, name), torn);
      assert.deepEqual(await numbers(), [1]);
      const second = await open();
      assert.equal(await readFile(join(folder, name), "utf8"), whole);
      second.append(line(2));
      await second.close();
      assert.deepEqual(await numbers(), [1, 2]);
    });

  it("empties a segment that holds no whole line", async () => {
    await writeFile(join(folder, "usage-20261121T14-00001.jsonl"), "{");
    const log = await open();
    log.append(line(1));
    await log.close();
    assert.deepEqual(await numbers(), [1]);
  });

  it("says that the disk fails, keeps what waits, and writes each line once when the disk is back", async () => {
    const log = await open({ retryMs: 5, fsyncIntervalMs: 1 });
    log.append(line(1));
    await log.flush();
    // The next hour's segment cannot be made where a folder is missing.
    await rename(folder, `${folder}-away`);
    nowMs += 3_600_000;
    log.append(line(2));
    await assert.rejects(log.flush(), /usage log: ENOENT/);
    log.append(line(3));
    assert.equal(log.health().state, "error");
    assert.match(log.health().error ?? "", /ENOENT/);
    assert.equal(log.health().queuedRecords, 2);
    assert.ok(log.health().failures >= 1);
    await rename(`${folder}-away`, folder);
    while (log.health().state === "error") await new Promise((done) => setTimeout(done, 2));
    await log.close();
    assert.deepEqual(await numbers(), [1, 2, 3]);
  });

  it("hands over the lines that are left behind when it is closed, and takes none after", async () => {
    const log = await open({ retryMs: 3_600_000 });
    await rename(folder, `${folder}-away`);
    log.append(line(1));
    assert.deepEqual((await log.close()).length, 1);
    assert.equal(log.append(line(2)), false);
    await rename(`${folder}-away`, folder);
  });

  it("leaves other files of the folder alone", async () => {
    await writeFile(join(folder, "notes.txt"), "torn");
    await chmod(join(folder, "notes.txt"), 0o444);
    const log = await open();
    log.append(line(1));
    await log.close();
    assert.equal(await readFile(join(folder, "notes.txt"), "utf8"), "torn");
  });
});
