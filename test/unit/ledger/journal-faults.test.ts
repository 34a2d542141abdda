import assert from "node:assert/strict";
import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { FaultReporter, unwritable } from "../../../src/core/fault-reporter.ts";
import type { LocalLedger } from "../../../src/ledger/local-ledger.ts";
import { keptLog } from "../../support/core/kept-log.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { diskFaults, FaultyDisk, failingFaults } from "../../support/faults/faulty-disk.ts";
import { account, claim } from "../../support/ledger/ledger-accounts.ts";
import { ledgerFolders, openLedger } from "../../support/ledger/ledger-folder.ts";

const folders = ledgerFolders();
after(() => folders.remove());
const day = account("day", 1_000n);
const clock = manualClock("2026-08-03T12:00:00Z");

async function setup() {
  const disk = new FaultyDisk();
  const folder = await folders.make();
  const told: string[] = [];
  const ledger = await openLedger(folder, clock, {
    disk,
    retryMs: 1,
    fsyncIntervalMs: 1,
    onFault: () => told.push("fault"),
    onRecovered: () => told.push("recovered"),
  });
  return { disk, folder, ledger, told };
}

async function untilWritable(ledger: LocalLedger): Promise<void> {
  while (ledger.error !== undefined) await setTimeout(1);
}

/** Asks for holds until one is refused because the disk takes none. */
async function untilRefused(ledger: LocalLedger): Promise<void> {
  while (ledger.error === undefined) {
    await Promise.resolve()
      .then(() => ledger.reserve("probe", [[claim(day, 1n)]]))
      .catch(() => undefined);
    await ledger.settle("probe", []);
    await setTimeout(1);
  }
}

/** Uses 7 while all is well and ends a hold of 10, that is open through the fault, with 5. */
async function liveThrough(ledger: LocalLedger, fault: () => Promise<void>): Promise<void> {
  await ledger.reserve("before", [[claim(day, 10n)]]);
  await ledger.settle("before", [{ accountId: day.id, amount: 7n }]);
  await ledger.reserve("through", [[claim(day, 10n)]]);
  await fault();
  await ledger.reserve("after", [[claim(day, 10n)]]);
  await ledger.settle("after", [{ accountId: day.id, amount: 1n }]);
}

/** What a start after a crash of now finds. */
async function afterCrash(folder: string) {
  const ledger = await openLedger(await folders.crash(folder), clock);
  const [balance] = ledger.read([day]);
  const found = { used: balance?.used, held: balance?.held, lost: ledger.lost.length };
  await ledger.close();
  return found;
}

const wanted = { used: 13n, held: 0n, lost: 0 };

describe("a ledger whose disk", () => {
  for (const fault of diskFaults)
    it(`has a fault (${fault}) has no hold open and the right sums when that is over, over a crash too`, async () => {
      const { disk, folder, ledger, told } = await setup();
      await liveThrough(ledger, async () => {
        disk.fault = fault;
        if (failingFaults.includes(fault)) await untilRefused(ledger);
        await ledger.settle("through", [{ accountId: day.id, amount: 5n }]);
        disk.fault = undefined;
        await untilWritable(ledger);
      });
      assert.equal(ledger.openHolds(), 0);
      assert.equal(told.includes("fault"), failingFaults.includes(fault));
      assert.equal(told.includes("recovered"), failingFaults.includes(fault));
      assert.deepEqual(await afterCrash(folder), wanted);
      await ledger.close();
      assert.deepEqual(await afterCrash(folder), wanted);
    });

  it("was removed with its folder makes its files anew once there is a folder", async () => {
    const { folder, ledger } = await setup();
    await liveThrough(ledger, async () => {
      await rm(folder, { recursive: true });
      await untilRefused(ledger);
      assert.match(ledger.error?.message ?? "", /gone/);
      await ledger.settle("through", [{ accountId: day.id, amount: 5n }]);
      await mkdir(folder);
      await untilWritable(ledger);
    });
    assert.deepEqual(await afterCrash(folder), wanted);
    await assert.rejects(openLedger(folder, clock), /in use/);
    await ledger.close();
  });

  it("was moved away goes on as it was once it is back", async () => {
    const { folder, ledger } = await setup();
    await liveThrough(ledger, async () => {
      await rename(folder, `${folder}-away`);
      await untilRefused(ledger);
      await ledger.settle("through", [{ accountId: day.id, amount: 5n }]);
      await rename(`${folder}-away`, folder);
      await untilWritable(ledger);
    });
    assert.deepEqual(await afterCrash(folder), wanted);
    await ledger.close();
  });

  it("takes no checkpoint is told once until it is over, and serves meanwhile", async () => {
    const folder = await folders.make();
    const { log, lines } = keptLog();
    const compaction = new FaultReporter({ log, clock }, unwritable("checkpoint", "the journal grows")).hooks;
    const ledger = await openLedger(folder, clock, { segmentBytes: 1, compaction });
    // Nothing can be renamed to the name of a folder.
    const inTheWay = join(folder, "checkpoint.bin/in-the-way");
    await mkdir(inTheWay, { recursive: true });
    const use = async (id: string) => {
      await ledger.reserve(id, [[claim(day, 1n)]]);
      await ledger.settle(id, [{ accountId: day.id, amount: 1n }]);
      await setTimeout(1);
    };
    for (let times = 0; times < 50; times++) await use(`${times}`);
    assert.equal(lines.length, 1);
    await rm(join(folder, "checkpoint.bin"), { recursive: true });
    for (let times = 0; lines.length < 2; times++) await use(`later ${times}`);
    assert.match(lines[1]?.message ?? "", /can be written again/);
    await ledger.close();
  });
});
