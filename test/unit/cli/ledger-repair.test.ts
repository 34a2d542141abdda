import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import { systemClock } from "../../../src/core/clock.ts";
import { silentLog } from "../../../src/core/log.ts";
import { seal } from "../../../src/core/seal.ts";
import { uuidv7 } from "../../../src/core/uuid.ts";
import { closeLost } from "../../../src/exchange/settle/lost-exchanges.ts";
import { windowName } from "../../../src/exchange/settle/record-of.ts";
import { handleMissingLedger } from "../../../src/gateway/missing-ledger.ts";
import type { Account } from "../../../src/ledger/ledger.ts";
import type { LocalLedger } from "../../../src/ledger/local-ledger.ts";
import { readRecords } from "../../../src/usage/read.ts";
import { serialise } from "../../../src/usage/record.ts";
import { hourOf, segmentName } from "../../../src/usage/segment.ts";
import { type ManualClock, manualClock } from "../../support/core/manual-clock.ts";
import { Random } from "../../support/core/random.ts";
import { claim } from "../../support/ledger/ledger-accounts.ts";
import { ledgerFolders, openLedger } from "../../support/ledger/ledger-folder.ts";
import { runLine } from "../../support/stack/terminal.ts";
import { fullRecord } from "../../support/usage/usage-records.ts";

const config = `
version: 1
backends: { house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9/v1", price: { input: 1, output: 1 } } }
models: { one: { targets: [house/one] } }
identity: [{ type: anonymous, tenant_id: local }]
budgets:
  - { name: tenant-month, per: [tenant_id], usd: 100, window: month }
  - { name: tenant-hour, per: [tenant_id], usd: 100, window: 24h }
usage: { sinks: [{ type: http, url: "http://127.0.0.1:9/records" }] }
`;
const tenants = ["acme", "tiny", "zeta"];
const folders = ledgerFolders();
const folder = mkdtempSync(join(tmpdir(), "tollgate-cli-repair-"));
const ledgerFolder = join(folder, "var/ledger");
const usageFolder = join(folder, "var/usage");
writeFileSync(join(folder, "tollgate.yaml"), config);
const run = (verb: string) => runLine(["ledger", verb], { cwd: folder });
const accounts = accountsOf();
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await folders.remove();
});

/** Each tenant's two accounts, as the config has them. */
function accountsOf(): ReadonlyMap<string, readonly Account[]> {
  const loaded = loadConfig(join(folder, "tollgate.yaml"), {});
  assert.ok(loaded.kind !== "problems", JSON.stringify(loaded));
  const { policies } = loaded.snapshot;
  return new Map(
    tenants.map((tenant) => [
      tenant,
      policies.flatMap(({ rules }) => rules.flatMap((rule) => rule.find(`tenant_id=${tenant}`) ?? [])),
    ]),
  );
}

/** A wall clock as exchanges may meet it around a checkpoint: one that stands gives them all one millisecond. */
type ClockKind = "stands" | "goes" | "jumps";

function tick(clock: ManualClock, kind: ClockKind, random: Random): void {
  if (kind !== "stands") clock.advance(random.below(3));
  if (kind === "jumps" && random.below(4) === 0) clock.jump(random.below(120_000) - 60_000);
}

/**
 * Leaves what a killed gateway leaves: a checkpoint, a journal behind it and a usage log, of exchanges of every tenant, some of them open
 * at the checkpoint, with their record or without.
 */
async function live(random: Random, clockKind: ClockKind = "goes"): Promise<void> {
  for (const path of [ledgerFolder, usageFolder]) {
    rmSync(path, { recursive: true, force: true });
    mkdirSync(path, { recursive: true });
  }
  const made = await folders.make();
  const clock = manualClock(systemClock.nowMs() - 300_000);
  const records: string[] = [];
  const open: { readonly settle: (ledger: LocalLedger) => Promise<void>; record: string | undefined }[] = [];
  const end = async (ledger: LocalLedger) => {
    for (const { settle, record } of open.splice(0)) {
      if (record !== undefined) records.push(record);
      await settle(ledger);
    }
  };
  for (let run = 0; run < 2; run++) {
    const ledger = await openLedger(made, clock);
    for (let turn = 0; turn < 12; turn++) {
      tick(clock, clockKind, random);
      const charged = accounts.get(random.pick(tenants)) ?? [];
      const exchange_id = uuidv7(clock.nowMs());
      const time = new Date(clock.nowMs()).toISOString();
      const amount = BigInt(1 + random.below(1_000));
      tick(clock, clockKind, random);
      await ledger.reserve(exchange_id, [charged.map((account) => claim(account, 2_000n))]);
      tick(clock, clockKind, random);
      const told = charged.map((account) => ({
        name: account.name,
        key: account.key,
        window: windowName(account),
        charged: String(amount),
      }));
      open.push({
        record: serialise({ ...fullRecord, exchange_id, time, accounts: told }),
        settle: async (ledger) =>
          await ledger.settle(
            exchange_id,
            charged.map(({ id }) => ({ accountId: id, amount })),
          ),
      });
      const [last] = open.slice(-1);
      // Its record is written, and its hold is not settled yet.
      if (last !== undefined && random.below(6) === 0) {
        records.push(last.record ?? "");
        last.record = undefined;
      }
      if (random.below(3) > 0) await end(ledger);
    }
    if (run === 0) await ledger.close();
    else {
      await end(ledger);
      const killed = await folders.crash(made);
      await ledger.close();
      for (const name of readdirSync(killed))
        writeFileSync(join(ledgerFolder, name), readFileSync(join(killed, name)));
    }
  }
  const segment = segmentName({ hour: hourOf(Date.now()), number: 1 });
  writeFileSync(join(usageFolder, segment), records.map((record) => `${record}\n`).join(""));
}

/** What each account has been charged, by the records. */
async function recorded(): Promise<ReadonlyMap<string, bigint>> {
  const sums = new Map<string, bigint>();
  for await (const record of readRecords(usageFolder, {}))
    for (const { name, key, charged } of record.accounts as readonly Record<string, string>[]) {
      const id = `${name} ${key}`;
      sums.set(id, (sums.get(id) ?? 0n) + BigInt(charged ?? 0));
    }
  return sums;
}

/** What each account has used after the next start, which settles what is open by its records. */
async function used(): Promise<ReadonlyMap<string, bigint>> {
  const ledger = await openLedger(ledgerFolder, systemClock);
  try {
    const lost = await closeLost(ledger.lost, {
      ledger,
      records: readRecords(usageFolder, {}),
      record: async () => {},
    });
    assert.equal(lost, 0);
    assert.equal(ledger.openHolds(), 0);
    const balances = ledger.read([...accounts.values()].flat()).filter((balance) => balance.used > 0n);
    return new Map(
      balances.map((balance) => [`${balance.account.name} ${balance.account.key}`, balance.used]),
    );
  } finally {
    await ledger.close();
  }
}

describe("tollgate ledger repair", () => {
  it("charges again what a damaged byte has lost: accounts are their records' sums, whatever the byte", async () => {
    const random = new Random(17);
    for (const name of ["journal-0000000002.bin", "checkpoint.bin"])
      for (let times = 0; times < 15; times++) await damageOneByte(name, "goes", random);
  });

  it("charges nothing twice where exchanges share the checkpoint's millisecond, or the clock goes back over it", async () => {
    const random = new Random(23);
    for (const clock of ["stands", "jumps"] as const)
      for (const name of ["journal-0000000002.bin", "checkpoint.bin"])
        for (let times = 0; times < 12; times++) await damageOneByte(name, clock, random);
  });

  it("makes the accounts anew from the records where checkpoint and journal are gone or damaged throughout", async () => {
    await live(new Random(3));
    rmSync(join(ledgerFolder, "checkpoint.bin"));
    await run("repair");
    assert.deepEqual(sorted(await used()), sorted(await recorded()));
    await live(new Random(4));
    rmSync(join(ledgerFolder, journalName()));
    await run("repair");
    assert.deepEqual(sorted(await used()), sorted(await recorded()));
  });

  it("names charges to a budget that the config no longer has, and charges the others", async () => {
    await live(new Random(5));
    rmSync(join(ledgerFolder, journalName()));
    writeFileSync(join(folder, "tollgate.yaml"), config.replace(/.*tenant-hour.*\n/, ""));
    const repaired = await run("repair");
    writeFileSync(join(folder, "tollgate.yaml"), config);
    assert.match(repaired.out, /^charged again: tenant-month tenant_id=\w+ month: \d+ by \d+ records$/m);
    assert.match(
      repaired.out,
      /^not charged: tenant-hour tenant_id=\w+ \d+ms: \d+ by \d+ records: the config/m,
    );
  });

  it("puts damaged overrides, calibration and cursors aside, and says what follows", async () => {
    await live(new Random(6));
    const paths = [
      join(ledgerFolder, "overrides.json"),
      join(ledgerFolder, "calibration.json"),
      join(usageFolder, "cursor-http.json"),
    ];
    for (const path of paths) writeFileSync(path, seal('{"version":1}').replace("version", "wersion"));
    const found = await run("verify");
    assert.equal(found.code, 1);
    for (const path of paths) assert.ok(found.out.includes(path), found.out);
    const repaired = await run("repair");
    for (const path of paths) {
      assert.ok(repaired.out.includes(`${path}: now ${path}.damaged: `), repaired.out);
      assert.ok(readFileSync(`${path}.damaged`, "utf8").includes("wersion"));
    }
    assert.equal((await run("verify")).code, 0);
  });

  it("leaves a damaged usage record where it is: it is named, and no account changes", async () => {
    await live(new Random(8));
    const before = sorted(await recorded());
    const path = join(usageFolder, readdirSync(usageFolder)[0] ?? "");
    writeFileSync(path, readFileSync(path, "utf8").replace('"ending"', '"anding"'));
    assert.match((await run("verify")).out, /the record of [0-9a-f-]{36}: reports and sinks skip it/);
    await run("repair");
    assert.deepEqual(sorted(await used()), before);
  });
});

/** Repairs a ledger that lived by such a clock and has one byte changed: its accounts are their records' sums, also after a second repair. */
async function damageOneByte(name: string, clock: ClockKind, random: Random): Promise<void> {
  await live(random, clock);
  const path = join(ledgerFolder, readdirSync(ledgerFolder).find((one) => one === name) ?? journalName());
  const bytes = readFileSync(path);
  const at = random.below(bytes.length);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.below(8));
  writeFileSync(path, bytes);
  const found = await run("verify");
  assert.match(found.out, /bytes at byte|broken write/, `${path} ${at}`);
  const repaired = await run("repair");
  assert.equal(repaired.code, 0, repaired.out);
  const expected = sorted(await recorded());
  assert.deepEqual(sorted(await used()), expected, `${clock} ${path} byte ${at}\n${repaired.out}`);
  const again = await run("repair");
  assert.match(again.out, /the ledger is not damaged/);
  assert.deepEqual(sorted(await used()), expected);
  assert.equal((await run("verify")).code, 0);
}

function journalName(): string {
  return readdirSync(ledgerFolder).find((name) => name.startsWith("journal-")) ?? "";
}

function sorted(sums: ReadonlyMap<string, bigint>): readonly (readonly [string, bigint])[] {
  return [...sums].sort(([a], [b]) => (a < b ? -1 : 1));
}

describe("a ledger that is missing", () => {
  const lose = async (seed: number) => {
    await live(new Random(seed));
    rmSync(ledgerFolder, { recursive: true });
  };
  const start = (onMissing?: string) => {
    const ledger = onMissing === undefined ? "" : `ledger: { onMissing: ${onMissing} }\n`;
    writeFileSync(join(folder, "tollgate.yaml"), config + ledger);
    const loaded = loadConfig(join(folder, "tollgate.yaml"), {});
    writeFileSync(join(folder, "tollgate.yaml"), config);
    assert.ok(loaded.kind === "snapshot", JSON.stringify(loaded));
    return handleMissingLedger(loaded.snapshot, silentLog);
  };

  it("is made again by `tollgate ledger rebuild`: accounts are their records' sums", async () => {
    for (let seed = 40; seed < 46; seed++) {
      await lose(seed);
      const { code, out } = await run("rebuild");
      assert.equal(code, 0, out);
      assert.deepEqual(sorted(await used()), sorted(await recorded()));
    }
  });

  it("is not made over one that is there", async () => {
    await live(new Random(47));
    const { code, err } = await run("rebuild");
    assert.equal(code, 1);
    assert.match(err, /there is a ledger in .*move it away/);
  });

  it("refuses the start where the usage log has charges of running windows, and names one", async () => {
    await lose(48);
    await assert.rejects(start(), /missing.*tenant-month tenant_id=.*tollgate ledger rebuild/);
  });

  it("is made again, or begins at zero, where the config says so", async () => {
    await lose(49);
    await start("start-empty");
    assert.deepEqual(sorted(await used()), []);
    await lose(50);
    await start("rebuild");
    assert.deepEqual(sorted(await used()), sorted(await recorded()));
  });

  it("is nothing to speak of where nothing was charged, or all windows are over", async () => {
    await lose(51);
    rmSync(usageFolder, { recursive: true });
    mkdirSync(usageFolder);
    await start();
    const time = "2024-02-03T04:05:06.000Z";
    const accounts = [{ name: "tenant-month", key: "tenant_id=acme", window: "month", charged: "5" }];
    const segment = segmentName({ hour: "20240203T04", number: 1 });
    writeFileSync(join(usageFolder, segment), `${serialise({ ...fullRecord, time, accounts })}\n`);
    await start();
  });
});
