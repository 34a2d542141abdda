import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { closeLost } from "../../../src/exchange/settle/lost-exchanges.ts";
import type { LocalLedger } from "../../../src/ledger/local-ledger.ts";
import type { StoredRecord } from "../../../src/usage/read.ts";
import type { UsageRecord } from "../../../src/usage/record.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import {
  beginAnswer,
  endAnswer,
  exchangesOn,
  passText,
  snapshotOf,
} from "../../support/exchange/exchanges.ts";
import { ledgerFolders, openLedger } from "../../support/ledger/ledger-folder.ts";

/** A token costs 1,000 nano-dollars in and out. */
const snapshot = snapshotOf(`
version: 1
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 1 } }
models: { one: { targets: [house/gpt-4.1] } }
identity: [{ type: anonymous, tenant_id: local }]
limits:
  - { name: rate, requests: 100, tokens: 100000, window: 1d }
  - { name: parallel, concurrent: 5 }
budgets: [{ name: day, usd: 1, window: day }]
`);
const request = { model: "one", max_tokens: 20, stream: true, messages: [{ role: "user", content: "hi" }] };
const tenTokens = " one two three four five six seven eight nine ten";
const usage = { input: 9, output: 120 };

/** Where a process is killed, in the order of an exchange's life. */
const steps = [
  "before anything is held",
  "with the hold written and nothing sent",
  "in the midst of the answer",
  "with the hold grown for a longer answer",
  "before the record is written",
  "between record and settlement",
  "after the settlement",
] as const;
type Step = (typeof steps)[number];

/** What is on the disk when the process is killed. */
interface Disk {
  readonly folder: string;
  readonly records: readonly UsageRecord[];
  /** What was held for the exchange then. */
  readonly heldNanoUsd: bigint;
}

const folders = ledgerFolders();
after(() => folders.remove());
const clock = manualClock("2026-08-03T12:00:00Z");

/** Lives one exchange, and keeps what the disk has at each step. */
async function liveAndKill(): Promise<{ readonly id: string; readonly disks: ReadonlyMap<Step, Disk> }> {
  const folder = await folders.make();
  const ledger = await openLedger(folder, clock);
  const disks = new Map<Step, Disk>();
  const written: UsageRecord[] = [];
  let held = 0n;
  const kill = async (step: Step): Promise<void> => {
    disks.set(step, { folder: await folders.crash(folder), records: [...written], heldNanoUsd: held });
  };
  const exchanges = exchangesOn(snapshot, ledger, clock, {
    record: async (record) => {
      await kill("before the record is written");
      written.push(record);
      await kill("between record and settlement");
    },
  });
  await kill("before anything is held");
  const { exchange } = await exchanges.ask(request);
  held = exchange.forwarded?.plan.hold.costNanoUsd ?? 0n;
  await kill("with the hold written and nothing sent");
  beginAnswer(exchange, "text/event-stream");
  passText(exchange, tenTokens);
  await kill("in the midst of the answer");
  for (let passed = 10; passed < usage.output; passed += 10) {
    passText(exchange, tenTokens);
    await new Promise(setImmediate);
  }
  held = exchange.forwarded?.plan.hold.costNanoUsd ?? 0n;
  await kill("with the hold grown for a longer answer");
  endAnswer(exchange, usage);
  await exchanges.close(exchange);
  await kill("after the settlement");
  assert.deepEqual(exchanges.bugs, []);
  await ledger.close();
  return { id: exchange.id, disks };
}

/** Starts again on what a crash left, as a gateway does. A second crash may come after so many records of lost exchanges. */
async function restart(disk: Disk, crashAfterRecords = Number.POSITIVE_INFINITY) {
  const ledger = await openLedger(disk.folder, clock);
  const records: UsageRecord[] = [...disk.records];
  try {
    await closeLost(ledger.lost, {
      ledger,
      records: (async function* () {
        yield* records.slice() as unknown as StoredRecord[];
      })(),
      record: async (record) => {
        records.push(record);
        if (records.length - disk.records.length >= crashAfterRecords) throw new Error("killed again");
      },
    });
  } catch (error) {
    assert.equal((error as Error).message, "killed again");
  }
  return { ledger, records };
}

async function charged(ledger: LocalLedger) {
  const accounts = await ledger.accounts();
  const of = (name: string, unit: string) =>
    accounts.find(({ account }) => account.name === name && account.unit === unit);
  return {
    nanoUsd: of("day", "nano_usd")?.used ?? 0n,
    requests: of("rate", "requests")?.used ?? 0n,
    tokens: of("rate", "tokens")?.used ?? 0n,
    held: accounts.reduce((sum, { held }) => sum + held, 0n),
  };
}

describe("a process that is killed", () => {
  for (const [at, step] of steps.entries())
    it(`loses nothing and counts nothing twice, ${step}`, async () => {
      const { id, disks } = await liveAndKill();
      const disk = disks.get(step);
      assert.ok(disk !== undefined);
      const { ledger, records } = await restart(disk);
      const recorded = at >= steps.indexOf("between record and settlement");
      const began = at > 0;
      const cost = recorded ? BigInt(usage.input + usage.output) * 1_000n : disk.heldNanoUsd;
      assert.deepEqual(await charged(ledger), {
        nanoUsd: cost,
        requests: began ? 1n : 0n,
        tokens: cost / 1_000n,
        held: 0n,
      });
      assert.equal(ledger.openHolds(), 0);
      const endings = records.filter((record) => record.exchange_id === id).map(({ ending }) => ending);
      assert.deepEqual(endings, began ? [recorded ? "completed" : "lost"] : []);
      await ledger.close();
      // And what is there is there to stay.
      const again = await restart({ ...disk, records: records });
      assert.equal((await charged(again.ledger)).nanoUsd, cost);
      assert.equal(again.records.length, records.length);
      await again.ledger.close();
    });

  it("and killed again between the record of what was lost and its settlement, records it once", async () => {
    const { id, disks } = await liveAndKill();
    const disk = disks.get("in the midst of the answer");
    assert.ok(disk !== undefined);
    const second = await restart(disk, 1);
    const left = await folders.crash(disk.folder);
    await second.ledger.close();
    const third = await restart({ ...disk, folder: left, records: second.records });
    assert.equal(third.records.filter((record) => record.exchange_id === id).length, 1);
    assert.equal((await charged(third.ledger)).nanoUsd, disk.heldNanoUsd);
    assert.equal(third.ledger.openHolds(), 0);
    await third.ledger.close();
  });
});
