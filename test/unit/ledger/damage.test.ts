import assert from "node:assert/strict";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import type { Account } from "../../../src/ledger/ledger.ts";
import type { LocalLedger } from "../../../src/ledger/local-ledger.ts";
import type { RecordSource } from "../../../src/ledger/missing-charges.ts";
import { inspectLedger, repairLedger } from "../../../src/ledger/repair.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { Random } from "../../support/core/random.ts";
import { account, claim } from "../../support/ledger/ledger-accounts.ts";
import { ledgerFolders, openLedger } from "../../support/ledger/ledger-folder.ts";

const folders = ledgerFolders();
after(() => folders.remove());
const clock = manualClock("2026-08-03T12:00:00Z");
const acme = account("day", 1_000_000n, "tenant_id=acme");
const zeta = account("day", 1_000_000n, "tenant_id=zeta");
const tiny = account("day", 1_000_000n, "tenant_id=tiny");
const late = account("day", 1_000_000n, "tenant_id=late");
const tenants = [acme, zeta, tiny, late];

/** A repair without a usage log. */
const noRecords: RecordSource = {
  lastOf: async () => undefined,
  async *after() {},
  accountOf: () => undefined,
};

/** Every exchange is charged to one account, by its own amount. */
async function use(ledger: LocalLedger, on: Account, id: string, amount: bigint): Promise<void> {
  await ledger.reserve(id, [[claim(on, 100n)]]);
  await ledger.settle(id, [{ accountId: on.id, amount }]);
}

/** A folder with a checkpoint and a journal behind it. */
async function lived(): Promise<string> {
  const folder = await folders.make();
  const first = await openLedger(folder, clock);
  await use(first, acme, "a1", 1n);
  await use(first, zeta, "z1", 10n);
  await first.close();
  const second = await openLedger(folder, clock);
  await use(second, acme, "a2", 2n);
  await use(second, tiny, "t1", 100n);
  await use(second, late, "l1", 1_000n);
  await use(second, zeta, "z2", 20n);
  return await folders.crash(folder);
}

const whole = [3n, 30n, 100n, 1_000n];

function used(ledger: LocalLedger): readonly bigint[] {
  return ledger.read(tenants).map((balance) => balance.used);
}

async function flipped(folder: string, name: string, at: number, flip: number): Promise<string> {
  const copy = await folders.crash(folder);
  const bytes = await readFile(join(copy, name));
  bytes[at] = (bytes[at] ?? 0) ^ flip;
  await writeFile(join(copy, name), bytes);
  return copy;
}

describe("a ledger with one byte changed", () => {
  it("is refused by the file's name and place, or loses no more than the last write, whatever the byte", async () => {
    const folder = await lived();
    const random = new Random(7);
    let refusals = 0;
    for (const name of await readdir(folder)) {
      const { length } = await readFile(join(folder, name));
      for (let at = 0; at < length; at += 1 + random.below(9)) {
        const copy = await flipped(folder, name, at, 1 << random.below(8));
        let ledger: LocalLedger;
        try {
          ledger = await openLedger(copy, clock);
        } catch (error) {
          refusals += 1;
          assert.match(String(error), new RegExp(`damaged: .*${name}.* byte \\d+.*tollgate ledger repair`));
          continue;
        }
        assert.ok(ledger.tornBytes > 0, `${name} byte ${at}`);
        // The last write ended z2: without it, its hold is open.
        assert.deepEqual([...used(ledger)], [3n, 10n, 100n, 1_000n]);
        assert.deepEqual(
          ledger.lost.map(({ id }) => id),
          ["z2"],
        );
        await ledger.close();
      }
    }
    assert.ok(refusals > 20, `${refusals} refusals`);
  });

  it("charges nobody else after a repair, says what is damaged, and keeps the damaged file", async () => {
    const folder = await lived();
    const random = new Random(11);
    for (const name of await readdir(folder)) {
      const { length } = await readFile(join(folder, name));
      for (let at = 0; at < length; at += 5 + random.below(20)) {
        const copy = await flipped(folder, name, at, 1 << random.below(8));
        const { damages, tornBytes } = await repairLedger(copy, noRecords);
        assert.ok(damages.length === 1 || tornBytes > 0, `${name} byte ${at}`);
        for (const damage of damages) {
          assert.equal(damage.file, name);
          assert.ok(damage.at <= at && at < damage.at + damage.bytes, `${at} in ${JSON.stringify(damage)}`);
          assert.ok((await readdir(copy)).includes(`${name}.damaged`));
        }
        const ledger = await openLedger(copy, clock);
        const found = used(ledger);
        // Each exchange's amount has a digit of its own: what is there is a part of what was charged there, or nothing.
        for (const [index, amount] of found.entries()) {
          const parts =
            [
              [0n, 1n, 2n, 3n],
              [0n, 10n, 20n, 30n],
              [0n, 100n],
              [0n, 1_000n],
            ][index] ?? [];
          assert.ok(parts.includes(amount), `${name} byte ${at}: ${found}`);
        }
        await ledger.close();
        const again = await inspectLedger(copy);
        assert.deepEqual(again.damages, []);
      }
    }
  });

  it("is left as it is where there is no damage", async () => {
    const folder = await lived();
    const before = await readdir(folder);
    assert.deepEqual((await repairLedger(folder, noRecords)).damages, []);
    assert.deepEqual(await readdir(folder), before);
    const ledger = await openLedger(folder, clock);
    assert.deepEqual([...used(ledger)], whole);
    await ledger.close();
  });

  it("is refused where a segment of its journal is missing", async () => {
    const folder = await lived();
    const journal = (await readdir(folder)).find((name) => name.startsWith("journal")) ?? "";
    const copy = await folders.crash(folder);
    await rm(join(copy, journal));
    await assert.rejects(openLedger(copy, clock), new RegExp(`${journal} is missing`));
    await repairLedger(copy, noRecords);
    const ledger = await openLedger(copy, clock);
    assert.deepEqual([...used(ledger)], [1n, 10n, 0n, 0n]);
    await ledger.close();
  });
});
