import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { checkpointFrames, freeze, loadCheckpoint } from "../../../src/ledger/checkpoint.ts";
import { frameOf } from "../../../src/ledger/frame.ts";
import { createMemoryLedger, type MemoryLedger } from "../../../src/ledger/memory.ts";
import { LedgerState } from "../../../src/ledger/state.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { account, claim } from "../../support/ledger/ledger-accounts.ts";

const dayMs = 86_400_000;
const windowMs = 30 * dayMs;
const limit = 1_000_000_000_000n;
const rolling = account("thirtyDays", limit);

interface Use {
  readonly atMs: number;
  readonly amount: bigint;
}

const steps = fc.array(
  fc.record({
    waitMs: fc.oneof(fc.nat(dayMs), fc.nat(10 * dayMs)),
    // From a nano-dollar to the whole limit: what is small must not be lost beside what is large.
    held: fc
      .tuple(fc.bigInt({ min: 1n, max: 1_023n }), fc.nat(30))
      .map(([amount, shift]) => (amount << BigInt(shift)) % limit),
    percent: fc.nat(100),
    /** Settles the oldest open hold instead of this one: days may lie between. */
    later: fc.boolean(),
  }),
  { maxLength: 80 },
);

function usedBetween(uses: readonly Use[], afterMs: number, untilMs: number): bigint {
  return uses.reduce((sum, { atMs, amount }) => (atMs > afterMs && atMs <= untilMs ? sum + amount : sum), 0n);
}

function standing(ledger: MemoryLedger) {
  const [balance] = ledger.read([rolling]);
  return { used: balance?.used ?? 0n, held: balance?.held ?? 0n };
}

describe("a rolling window", () => {
  it("never lets more than the limit through in any true window, and forgets nothing early", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const clock = manualClock("2026-08-03T12:00:00Z");
        const ledger = createMemoryLedger({ clock });
        const uses: Use[] = [];
        const open: { readonly id: string; readonly atMs: number; readonly actual: bigint }[] = [];
        for (const [at, { waitMs, held, percent, later }] of list.entries()) {
          clock.advance(waitMs);
          if (ledger.reserve(`${at}`, [[claim(rolling, held)]]).kind === "taken")
            open.push({ id: `${at}`, atMs: clock.nowMs(), actual: (held * BigInt(percent)) / 100n });
          const ended = later ? open.shift() : open.pop();
          if (ended !== undefined) {
            ledger.settle(ended.id, [{ accountId: rolling.id, amount: ended.actual }]);
            uses.push({ atMs: ended.atMs, amount: ended.actual });
          }
          const nowMs = clock.nowMs();
          const { used } = standing(ledger);
          assert.ok(used >= usedBetween(uses, nowMs - windowMs, nowMs), "what is in the window counts");
          for (const { atMs } of uses) assert.ok(usedBetween(uses, atMs - windowMs, atMs) <= limit);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("forgets all but a thousandth of the largest day within a day of the window's end, and all of it in time", () => {
    fc.assert(
      fc.property(steps, (list) => {
        const clock = manualClock("2026-08-03T12:00:00Z");
        const ledger = createMemoryLedger({ clock });
        const uses: Use[] = [];
        let largest = 0n;
        for (const [at, { waitMs, held }] of list.entries()) {
          clock.advance(waitMs);
          const nowMs = clock.nowMs();
          if (ledger.reserve(`${at}`, [[claim(rolling, held)]]).kind === "taken") {
            ledger.settle(`${at}`, [{ accountId: rolling.id, amount: held }]);
            uses.push({ atMs: nowMs, amount: held });
            const day = Math.floor(nowMs / dayMs) * dayMs;
            const today = usedBetween(uses, day - 1, nowMs);
            if (today > largest) largest = today;
          }
          const late = standing(ledger).used - usedBetween(uses, nowMs - windowMs - dayMs, nowMs);
          assert.ok(late * 1_000n <= largest, `${late} of ${largest}`);
        }
        clock.advance(windowMs + dayMs);
        assert.equal(standing(ledger).used, 0n);
      }),
      { numRuns: 200 },
    );
  });

  it("is exact to the nano-dollar while nothing lapses, however many calls", () => {
    const clock = manualClock("2026-08-03T12:00:00Z");
    const ledger = createMemoryLedger({ clock });
    let sum = 0n;
    for (let at = 0; at < 5_000; at++) {
      const amount = BigInt((at * 7_919_777) % 123_456_789);
      ledger.reserve(`${at}`, [[claim(rolling, amount)]]);
      ledger.settle(`${at}`, [{ accountId: rolling.id, amount }]);
      sum += amount;
      clock.advance(1_000);
    }
    assert.equal(standing(ledger).used, sum);
  });

  it("comes back from a checkpoint with what lapses when", () => {
    const clock = manualClock("2026-08-03T12:00:00Z");
    const ledger = createMemoryLedger({ clock });
    for (let day = 0; day < 40; day++, clock.advance(dayMs)) {
      ledger.reserve(`${day}`, [[claim(rolling, 999_999_999n)]]);
      ledger.settle(`${day}`, [{ accountId: rolling.id, amount: BigInt(10 ** (day % 9)) + 7n }]);
    }
    const again = createMemoryLedger({ clock });
    loadCheckpoint(Buffer.concat([...checkpointFrames(freeze(ledger.state, 0), 1)]), again.state);
    for (let day = 0; day < 40; day++, clock.advance(dayMs))
      assert.deepEqual(again.read([rolling]), ledger.read([rolling]));
  });

  it("reads checkpoints of the version before, whose slices were exact and whose newest was not said", () => {
    const clock = manualClock("2026-08-03T12:00:00Z");
    const today = Math.floor(clock.nowMs() / dayMs);
    const { limit: _, ...shared } = rolling;
    const line = {
      row: 0,
      account: { ...shared, limit: "1000000000000" },
      used: "123456789012",
      held: "0",
      since: today,
      until: 0,
      alerted: 0,
      slices: [
        [today - 3, "123456789000"],
        [today - 1, "12"],
      ],
    };
    const parts = [{ version: 1, segment: 4 }, { accounts: [line] }, { end: true }];
    const bytes = Buffer.concat(parts.map((part) => frameOf(Buffer.from(JSON.stringify(part)))));
    const state = new LedgerState(10);
    assert.equal(loadCheckpoint(bytes, state).segment, 4);
    const row = state.table.find(rolling) ?? -1;
    const counter = state.table.counter(row);
    assert.equal(counter.used(row), 123_456_789_012n);
    counter.lapse(row, clock.nowMs() + 28 * dayMs);
    assert.ok(counter.used(row) >= 12n && counter.used(row) < 10_000_000n);
    counter.lapse(row, clock.nowMs() + 30 * dayMs);
    assert.equal(counter.used(row), 0n);
  });
});
