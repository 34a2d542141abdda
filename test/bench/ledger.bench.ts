import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { systemClock } from "../../src/core/clock.ts";
import type { Claim, Ledger } from "../../src/ledger/ledger.ts";
import { openLocalLedger } from "../../src/ledger/local-ledger.ts";
import { createMemoryLedger } from "../../src/ledger/memory.ts";
import { account, claim, type windows } from "../support/ledger/ledger-accounts.ts";

/**
 * What the ledger costs: reserve and settle on six accounts, of 10 and of 100,000 known, beside what the memory alone takes; the same
 * with a journal; bytes an account; the start from a journal of a million entries.
 * `node scripts/bench.mjs ledger [calls] [memory] [start]` prints what results/ledger.md keeps; all, without a word.
 */
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");
const folder = mkdtempSync(join(tmpdir(), "tollgate-ledger-bench-"));
const limit = 10n ** 15n;
const rounds = 5;

const asked = process.argv.slice(2);
const parts = { memory: benchMemory, calls: benchCalls, start: benchStart };

try {
  for (const [name, run] of Object.entries(parts))
    if (asked.length === 0 || asked.includes(name)) await run();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

async function benchCalls(): Promise<void> {
  const known = [10, 1_000, 100_000];
  const ledgers = known.map((count) => filled(count));
  const controls = known.map((count) => control(count));
  const times = known.map(() => [] as number[]);
  const controlTimes = known.map(() => [] as number[]);
  // The first round warms up, and is not counted.
  for (let round = 0; round <= rounds; round++)
    for (const [at, ledger] of ledgers.entries()) {
      const micros = await microsPerPair(ledger, known[at] ?? 1, 40_000, 1);
      const controlMicros = controls[at]?.(40_000) ?? 0;
      if (round === 0) continue;
      times[at]?.push(micros);
      controlTimes[at]?.push(controlMicros);
    }
  console.log("\nreserve + settle, 6 accounts, memory (median of rounds)");
  for (const [at, count] of known.entries())
    console.log(
      `  ${count} accounts known: ${median(times[at] ?? []).toFixed(2)} µs, ${ratio(times, at)} of the smallest;` +
        ` the memory alone ${median(controlTimes[at] ?? []).toFixed(2)} µs, ${ratio(controlTimes, at)}`,
    );
  const waits = [64, 16_384].map((kib) => `${dependentReadNs(kib).toFixed(0)} ns in ${kib} KiB`);
  console.log(`  one read that waits for the one before it: ${waits.join(", ")}`);
  console.log("\nreserve + settle, 6 accounts, journaled");
  for (const together of [1, 16, 256]) {
    const ledger = await openLocalLedger({ folder: join(folder, `${together}`), clock: systemClock });
    const runs: number[] = [];
    for (let round = 0; round < 3; round++) runs.push(await microsPerPair(ledger, 1_000, 20_000, together));
    console.log(`  ${together} at a time: ${median(runs).toFixed(2)} µs`);
    await ledger.close();
  }
}

/**
 * The least that any ledger does: for six accounts it finds the row of a key's text in a Map, reads of its 64 bytes and writes to them,
 * twice. Its ratio is what the machine's caches take. Microseconds for six.
 */
function control(accounts: number): (pairs: number) => number {
  const rows = new BigInt64Array(accounts * 8);
  const map = new Map<string, number>();
  const nameOf = (at: number) => Buffer.from(`tenant_id=acme-${at % accounts}`).toString();
  for (let at = 0; at < accounts; at++) map.set(nameOf(at), at);
  const keys = Array.from({ length: 1_000 }, (_, at) =>
    Array.from({ length: 6 }, (_, next) => nameOf((at * 6 + next) * 7_919)),
  );
  return (pairs) => {
    const started = process.cpuUsage();
    for (let at = 0; at < pairs; at++)
      for (let times = 0; times < 2; times++)
        for (const key of keys[at % keys.length] ?? []) {
          const row = (map.get(key) ?? 0) * 8;
          rows[row + 1] = (rows[row] ?? 0n) + (rows[row + 2] ?? 0n) + 1n;
        }
    const { user, system } = process.cpuUsage(started);
    return (user + system) / pairs;
  };
}

/** How long a read takes whose place only the one before it tells, over lines of so much memory in random order: what a cache miss costs here, now. */
function dependentReadNs(kib: number): number {
  const lines = kib * 16;
  const order = Array.from({ length: lines }, (_, at) => at);
  for (let at = lines - 1; at > 0; at--) {
    const other = Math.floor(Math.random() * (at + 1));
    [order[at], order[other]] = [order[other] ?? 0, order[at] ?? 0];
  }
  const next = new Int32Array(lines * 16);
  for (let at = 0; at < lines; at++) next[(order[at] ?? 0) * 16] = (order[(at + 1) % lines] ?? 0) * 16;
  const follow = (reads: number, from: number): number => {
    let at = from;
    for (let read = 0; read < reads; read++) at = next[at] ?? 0;
    return at;
  };
  const warm = follow(1_000_000, 0);
  const started = process.cpuUsage();
  const end = follow(2_000_000, warm);
  const { user, system } = process.cpuUsage(started);
  return end < 0 ? 0 : (user + system) / 2_000;
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
  // A slot is only in use while it is held: what holds on one account take is not what is measured.
  const holds = await bytesOf("open", 1, "");
  const kinds: readonly (keyof typeof windows)[] = ["month", "minute", "open", "thirtyDays"];
  for (const window of kinds) {
    // A rolling window is asked on thirty days: all of its slices are in use.
    const bytes = await bytesOf(window, window === "thirtyDays" ? 30 : 1);
    console.log(`  ${window}: ${Math.round((window === "open" ? bytes - holds : bytes) / 100_000)}`);
  }
}

/** What 100,000 accounts take, or as many holds on one with the key given. */
async function bytesOf(window: keyof typeof windows, days: number, oneKey?: string): Promise<number> {
  const before = await heldBytes();
  let nowMs = Date.parse("2026-08-03T12:00:00Z");
  const clock = { nowMs: () => nowMs, monotonicMs: () => nowMs };
  const ledger = createMemoryLedger({ clock, maxHolds: 1_000_000 });
  for (let day = 0; day < days; day++, nowMs += 86_400_000)
    for (let key = 0; key < 100_000; key++) {
      const own = account(window, limit, `tenant_id=acme-${String(key).padStart(6, "0")}`);
      const on = oneKey === undefined ? own : { ...own, key: oneKey };
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
  const ledger = await openLocalLedger({ folder: at, clock: systemClock, segmentBytes: 2 ** 40 });
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
    ["a journal of 1,000,000 entries and 60,000 accounts", crashed],
    ["its checkpoint", at],
  ] as const) {
    const [started, cpu] = [performance.now(), process.cpuUsage()];
    const again = await openLocalLedger({ folder: where, clock: systemClock });
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - started) / 1_000;
    console.log(
      `\nstart from ${name}: ${seconds.toFixed(2)} s, ${((user + system) / 1e6).toFixed(2)} s of CPU`,
    );
    await again.close();
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
