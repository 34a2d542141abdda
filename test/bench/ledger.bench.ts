import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "../../src/core/clock.ts";
import { openMemoryLedger } from "../../src/ledger/journaled.ts";
import type { Claim, Ledger } from "../../src/ledger/ledger.ts";
import { createMemoryLedger } from "../../src/ledger/memory.ts";
import { account, claim, type windows } from "../support/ledger-accounts.ts";

/**
 * What the ledger costs: reserve and settle on six accounts, of 10 and of 100,000 known; the same with a journal; bytes an account;
 * the start from a journal of a million entries. `node --import tsx test/bench/ledger.bench.ts` prints what results/ledger.md keeps.
 */
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
const folder = mkdtempSync(join(tmpdir(), "tollgate-ledger-bench-"));
const limit = 10n ** 15n;
const rounds = 5;

try {
  await benchMemory();
  await benchCalls();
  await benchStart();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function benchCalls(): Promise<void> {
  const known = [10, 1_000, 100_000];
  const ledgers = known.map((count) => filled(count));
  const times = known.map(() => [] as number[]);
  for (let round = 0; round < rounds; round++)
    for (const [at, ledger] of ledgers.entries())
      times[at]?.push(await microsPerPair(ledger, known[at] ?? 1, 40_000, 1));
  console.log("\nreserve + settle, 6 accounts, memory (median of rounds)");
  for (const [at, count] of known.entries())
    console.log(
      `  ${count} accounts known: ${median(times[at] ?? []).toFixed(2)} µs, ${ratio(times, at)} of the smallest`,
    );
  console.log("\nreserve + settle, 6 accounts, journaled");
  for (const together of [1, 16, 256]) {
    const ledger = await openMemoryLedger({ folder: join(folder, `${together}`), clock: systemClock });
    const runs: number[] = [];
    for (let round = 0; round < 3; round++) runs.push(await microsPerPair(ledger, 1_000, 20_000, together));
    console.log(`  ${together} at a time: ${median(runs).toFixed(2)} µs`);
    await ledger.close();
  }
}

function ratio(times: readonly (readonly number[])[], at: number): string {
  return (median(times[at] ?? []) / median(times[0] ?? [])).toFixed(2);
}

function filled(accounts: number): Ledger {
  const ledger = createMemoryLedger({ clock: systemClock });
  for (let key = 0; key < accounts / 6; key++) {
    ledger.reserve("fill", [claims(key)]);
    ledger.settle(
      "fill",
      claims(key).map(({ account: { id } }) => ({ accountId: id, amount: 1n })),
    );
  }
  return ledger;
}

/** Six accounts of one caller; made anew for each call, as policies do. */
function claims(key: number): Claim[] {
  const id = `tenant_id=acme-${key}`;
  return [
    claim(account("minute", limit, id), 900n),
    claim(account("minute", limit, `user_id=u${key}`), 1n),
    claim(account("open", limit, id), 1n),
    claim(account("day", limit, id), 5_000n),
    claim(account("month", limit, id), 5_000n),
    claim(account("thirtyDays", limit, id), 5_000n),
  ];
}

async function microsPerPair(
  ledger: Ledger,
  accounts: number,
  pairs: number,
  together: number,
): Promise<number> {
  const keys = Math.max(1, Math.floor(accounts / 6));
  const asked = Array.from({ length: 1_000 }, (_, at) => claims((at * 7_919) % keys));
  // Of this process alone: what others do on the machine at the same time is not counted.
  const started = process.cpuUsage();
  for (let done = 0; done < pairs; done += together) {
    const batch: unknown[] = [];
    for (let at = done; at < done + together; at++) {
      const outcome = ledger.reserve(`exchange-${at}`, [asked[at % asked.length] ?? []]);
      if (outcome instanceof Promise) batch.push(outcome);
    }
    if (batch.length > 0) await Promise.all(batch);
    const ends: unknown[] = [];
    for (let at = done; at < done + together; at++) {
      const actuals = (asked[at % asked.length] ?? []).map(({ account: { id }, amount }) => ({
        accountId: id,
        amount: amount / 2n,
      }));
      const end = ledger.settle(`exchange-${at}`, actuals);
      if (end instanceof Promise) ends.push(end);
    }
    if (ends.length > 0) await Promise.all(ends);
  }
  const { user, system } = process.cpuUsage(started);
  return (user + system) / pairs;
}

async function benchMemory(): Promise<void> {
  console.log("\nbytes an account, 100,000 in use (heap and buffers)");
  const kinds: readonly (keyof typeof windows)[] = ["month", "minute", "open", "thirtyDays"];
  const holds = await bytesOf("open", () => "one");
  for (const window of kinds) {
    const bytes = await bytesOf(window, (key) => `tenant_id=acme-${key}`);
    // A slot is only in use while it is held: holds are not what is measured here.
    console.log(`  ${window}: ${Math.round((window === "open" ? bytes - holds : bytes) / 100_000)}`);
  }
}

async function bytesOf(window: keyof typeof windows, name: (key: string) => string): Promise<number> {
  const before = await heldBytes();
  const ledger = createMemoryLedger({ clock: systemClock, maxHolds: 1_000_000 });
  for (let key = 0; key < 100_000; key++) {
    const on = account(window, 10n, name(String(key).padStart(6, "0")));
    ledger.reserve(`${key}`, [[claim(on, 10n)]]);
    if (window !== "open") ledger.settle(`${key}`, [{ accountId: on.id, amount: 5n }]);
  }
  const bytes = (await heldBytes()) - before;
  ledger.openHolds();
  return bytes;
}

/** Buffers are given back a turn after what held them. */
async function heldBytes(): Promise<number> {
  for (let turn = 0; turn < 3; turn++) {
    collectGarbage();
    await setImmediate();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function benchStart(): Promise<void> {
  const at = join(folder, "million");
  const ledger = await openMemoryLedger({ folder: at, clock: systemClock, segmentBytes: 2 ** 40 });
  for (let done = 0; done < 500_000; done += 1_000) {
    const batch: unknown[] = [];
    for (let next = done; next < done + 1_000; next++) {
      batch.push(
        ledger.reserve(`0190b2c0-0000-7000-8000-${String(next).padStart(12, "0")}`, [claims(next % 10_000)]),
      );
    }
    await Promise.all(batch);
    const ends: unknown[] = [];
    for (let next = done; next < done + 1_000; next++)
      ends.push(
        ledger.settle(
          `0190b2c0-0000-7000-8000-${String(next).padStart(12, "0")}`,
          claims(next % 10_000).map(({ account: { id } }) => ({ accountId: id, amount: 1n })),
        ),
      );
    await Promise.all(ends);
  }
  const crashed = join(folder, "crashed");
  cpSync(at, crashed, { recursive: true, filter: (path) => !path.endsWith(".sock") });
  await ledger.close();
  for (const [name, where] of [
    ["journal of 1,000,000 entries and 60,000 accounts", crashed],
    ["its checkpoint", at],
  ] as const) {
    const started = performance.now();
    const again = await openMemoryLedger({ folder: where, clock: systemClock });
    console.log(`\nstart from a ${name}: ${((performance.now() - started) / 1_000).toFixed(2)} s`);
    await again.close();
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
