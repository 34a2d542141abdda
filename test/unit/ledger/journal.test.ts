import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Disk } from "../../../src/core/disk.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { EntryWriter } from "../../../src/ledger/entry-writer.ts";
import { frameHeaderBytes } from "../../../src/ledger/frame.ts";
import { Journal } from "../../../src/ledger/journal.ts";
import { openLocalLedger } from "../../../src/ledger/local-ledger.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { account, claim } from "../../support/ledger/ledger-accounts.ts";
import { ledgerFolders } from "../../support/ledger/ledger-folder.ts";

/** A disk in memory that can be full, short of breath, or slow to sync. */
class FakeDisk implements Disk {
  content = Buffer.alloc(0);
  isFull = false;
  shortWrites = false;
  failSync = false;
  writes = 0;
  synced = 0;

  open(): number {
    return 1;
  }

  write(_file: number, bytes: Buffer, from: number, position: number): number {
    this.writes += 1;
    // A full disk may take a part first.
    const length = this.isFull
      ? 3
      : this.shortWrites
        ? Math.min(5, bytes.length - from)
        : bytes.length - from;
    const end = position + length;
    if (end > this.content.length)
      this.content = Buffer.concat([this.content, Buffer.alloc(end - this.content.length)]);
    bytes.copy(this.content, position, from, from + length);
    if (this.isFull) throw new Error("ENOSPC: no space left on device");
    return length;
  }

  sync(_file: number, done: (error: unknown) => void): void {
    setImmediate(() => done(this.failSync ? new Error("EIO: i/o error") : null));
    this.synced += 1;
  }

  syncNow(): void {}

  close(): void {}

  isAt(): boolean {
    return true;
  }
}

describe("a journal", () => {
  it("writes once for all that one turn of the event loop adds", async () => {
    const { disk, entries, journal } = setup();
    const promises = Array.from({ length: 50 }, (_, row) => {
      entries.reset(0, row);
      return journal.written();
    });
    await Promise.all(promises);
    assert.equal(disk.writes, 1);
    journal.close();
  });

  it("writes on after a write that took only a part", async () => {
    const { disk, entries, journal } = setup();
    disk.shortWrites = true;
    entries.reset(0, 1);
    await journal.written();
    assert.equal(disk.content.length, journal.bytes);
    journal.close();
  });

  for (const fault of ["isFull", "failSync"] as const)
    it(`loses and doubles nothing over a disk that fails for a while (${fault})`, async () => {
      const [healthy, faulty] = [setup(), setup()];
      for (let row = 0; row < 30; row++) {
        faulty.disk[fault] = row >= 10 && row < 20;
        for (const { entries, journal } of [healthy, faulty]) {
          entries.reset(0, row);
          await journal.written().catch(() => undefined);
        }
        await setTimeout(2);
      }
      await until(
        () => faulty.journal.error === undefined && faulty.journal.bytes === faulty.disk.content.length,
      );
      // Frames differ where entries had to wait for each other: what is in them does not.
      assert.deepEqual(entriesOf(faulty.disk.content), entriesOf(healthy.disk.content));
      healthy.journal.close();
      faulty.journal.close();
    });
});

describe("a ledger whose disk is full", () => {
  it("refuses to hold, is not ready, settles what is open, and goes on once there is room", async () => {
    const folders = ledgerFolders();
    const disk = new FakeDisk();
    const clock = manualClock("2026-08-03T12:00:00Z");
    const ledger = await openLocalLedger({
      folder: await folders.make(),
      clock,
      disk,
      retryMs: 1,
      fsyncIntervalMs: 1,
    });
    const day = account("day", 100n);
    await ledger.reserve("open", [[claim(day, 10n)]]);
    disk.isFull = true;
    await assert.rejects(async () => await ledger.reserve("first", [[claim(day, 20n)]]), isUnavailable);
    assert.ok(ledger.error !== undefined);
    await assert.rejects(async () => await ledger.reserve("second", [[claim(day, 20n)]]), isUnavailable);
    await assert.rejects(async () => await ledger.adjust("open", [claim(day, 20n)]), isUnavailable);
    await ledger.settle("open", [{ accountId: day.id, amount: 7n }]);
    assert.equal(ledger.openHolds(), 0);
    disk.isFull = false;
    await until(() => ledger.error === undefined);
    const [balance] = ledger.read([day]);
    assert.deepEqual([balance?.used, balance?.held], [7n, 0n]);
    await ledger.reserve("third", [[claim(day, 93n)]]);
    await ledger.close();
    await folders.remove();
  });
});

function setup() {
  const disk = new FakeDisk();
  const entries = new EntryWriter(frameHeaderBytes);
  const journal = new Journal("", 0, entries, { disk, retryMs: 1, fsyncIntervalMs: 1 });
  return { disk, entries, journal };
}

function entriesOf(content: Buffer): Buffer {
  const payloads: Buffer[] = [];
  for (let at = 0; at < content.length; ) {
    const length = content.readUInt32LE(at);
    payloads.push(content.subarray(at + frameHeaderBytes, at + frameHeaderBytes + length));
    at += frameHeaderBytes + length;
  }
  return Buffer.concat(payloads);
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries++) {
    assert.ok(tries < 2_000, "it never came true");
    await setTimeout(1);
  }
}

function isUnavailable(error: unknown): boolean {
  return error instanceof GatewayError && error.code === "ledger_unavailable";
}
