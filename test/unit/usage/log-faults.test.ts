import assert from "node:assert/strict";
import { mkdir, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { openUsageLog, type UsageLog } from "../../../src/usage/log.ts";
import { readRecords } from "../../../src/usage/read.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { diskFaults, FaultyDisk, failingFaults } from "../../support/faults/faulty-disk.ts";

let folder: string;
let disk: FaultyDisk;
let told: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tollgate-usage-"));
  disk = new FaultyDisk();
  told = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function open(): Promise<UsageLog> {
  return openUsageLog({
    folder,
    clock: { ...manualClock("2026-11-21T14:30:00Z"), monotonicMs: () => performance.now() },
    fsyncIntervalMs: 1,
    retryMs: 5,
    disk,
    onFault: () => told.push("fault"),
    onRecovered: () => told.push("recovered"),
  });
}

const line = (n: number): string => JSON.stringify({ n, time: "2026-11-21T14:30:00.000Z" });

async function numbers(): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const { n } of readRecords(folder)) found.push(n);
  return found;
}

async function untilOk(log: UsageLog): Promise<void> {
  while (log.health().state === "error" || log.health().queuedRecords > 0) await setTimeout(2);
}

describe("a usage log whose disk", () => {
  for (const fault of diskFaults)
    it(`has a fault (${fault}) keeps nobody waiting, and has each line once when that is over`, async () => {
      const log = await open();
      log.append(line(1));
      await log.flush();
      disk.fault = fault;
      for (const n of [2, 3, 4]) {
        log.append(line(n));
        await log.written();
        await setTimeout(3);
      }
      if (failingFaults.includes(fault))
        while (log.health().state === "ok") {
          log.append(line(0));
          await setTimeout(3);
        }
      disk.fault = undefined;
      log.append(line(5));
      await untilOk(log);
      assert.deepEqual(await log.close(), []);
      assert.deepEqual(
        (await numbers()).filter((n) => n !== 0),
        [1, 2, 3, 4, 5],
      );
      assert.equal(told.includes("fault"), failingFaults.includes(fault));
      if (told.length > 0) assert.equal(told.indexOf("recovered"), told.length - 1);
    });

  for (const fault of diskFaults)
    it(`has a fault (${fault}) can be closed, which hands over what was not written`, async () => {
      const log = await open();
      log.append(line(1));
      await log.flush();
      disk.fault = fault;
      log.append(line(2));
      const left = await log.close();
      assert.equal(left.length, failingFaults.includes(fault) ? 1 : 0);
    });

  it("was removed with its folder goes on in a new segment once there is a folder", async () => {
    const log = await open();
    log.append(line(1));
    await log.flush();
    await rm(folder, { recursive: true });
    log.append(line(2));
    while (log.health().state === "ok") await setTimeout(2);
    assert.match(log.health().error ?? "", /gone/);
    log.append(line(3));
    await mkdir(folder);
    await untilOk(log);
    await log.close();
    assert.deepEqual(await numbers(), [2, 3]);
  });

  it("was moved away goes on in the same segment once it is back", async () => {
    const log = await open();
    log.append(line(1));
    await log.flush();
    await rename(folder, `${folder}-away`);
    log.append(line(2));
    while (log.health().state === "ok") await setTimeout(2);
    await rename(`${folder}-away`, folder);
    await untilOk(log);
    await log.close();
    assert.deepEqual(await numbers(), [1, 2]);
    assert.equal((await readdir(folder)).length, 1);
  });
});
