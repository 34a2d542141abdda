import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { checkpointFrames, freeze, loadCheckpoint } from "../../../src/ledger/checkpoint.ts";
import type { Account } from "../../../src/ledger/ledger.ts";
import { createMemoryLedger, type MemoryLedger } from "../../../src/ledger/memory.ts";
import { LedgerState } from "../../../src/ledger/state.ts";
import { calendarSpan } from "../../../src/ledger/window.ts";
import { type ManualClock, manualClock } from "../../support/core/manual-clock.ts";
import { account, claim, windows } from "../../support/ledger/ledger-accounts.ts";

const minuteMs = 60_000;
const dayMs = 86_400_000;
const limit = 1_000_000n;
const money = [account("day", limit), account("month", limit), account("thirtyDays", limit)] as const;

/** Uses an amount of every account and settles it. */
function use(ledger: MemoryLedger, accounts: readonly Account[], amount: bigint): void {
  const outcome = ledger.reserve("now", [accounts.map((on) => claim(on, amount))]);
  if (outcome.kind !== "taken") return;
  ledger.settle(
    "now",
    accounts.map(({ id }) => ({ accountId: id, amount })),
  );
}

function used(ledger: MemoryLedger, on: Account): bigint {
  return ledger.read([on])[0]?.used ?? 0n;
}

const days = fc.oneof(
  fc.integer({ min: 1, max: 3 * 24 * 60 }).map((minutes) => minutes * minuteMs),
  fc.integer({ min: 1, max: 500 }).map((count) => count * dayMs),
);
/** Where the clock stands against true time, one after the other, and what is used there. */
const excursion = fc.array(
  fc.record({ aheadMs: days, amount: fc.bigInt({ min: 0n, max: 1_000n }), waitMs: fc.nat(3 * minuteMs) }),
  { minLength: 1, maxLength: 4 },
);

/** Sets the clock to each place in turn, uses something there, and sets it right again. Returns what was used. */
function wander(
  ledger: MemoryLedger,
  clock: ManualClock,
  stops: readonly { aheadMs: number; amount: bigint; waitMs: number }[],
  accounts: readonly Account[],
): bigint {
  let at = 0;
  let sum = 0n;
  for (const { aheadMs, amount, waitMs } of stops) {
    clock.jump(aheadMs - at);
    at = aheadMs;
    use(ledger, accounts, amount);
    sum += amount;
    clock.advance(waitMs);
  }
  clock.jump(-at);
  return sum;
}

describe("a clock that is set ahead and back", () => {
  for (const on of money)
    it(`forgets nothing that the ${on.name} has counted, and counts what was used meanwhile`, () => {
      fc.assert(
        fc.property(fc.array(excursion, { minLength: 1, maxLength: 3 }), fc.boolean(), (trips, crashes) => {
          const clock = manualClock("2026-08-11T12:00:00Z");
          let ledger = createMemoryLedger({ clock });
          use(ledger, [on], 7_000n);
          let sum = 7_000n;
          for (const stops of trips) {
            // A clock that is set further and further ahead: one way, then back.
            const ordered = [...stops].sort((one, other) => one.aheadMs - other.aheadMs);
            sum += wander(ledger, clock, ordered, [on]);
            if (crashes) ledger = fromCheckpoint(ledger, clock);
            assert.ok(used(ledger, on) >= 7_000n, `${used(ledger, on)} of at least 7000`);
            assert.ok(used(ledger, on) <= sum, `${used(ledger, on)} of at most ${sum}`);
          }
        }),
        { numRuns: 300 },
      );
    });

  it("forgets nothing where a first jump lapses nothing and a second, by one slice, does", () => {
    const clock = manualClock("2026-08-11T12:00:00Z");
    const ledger = createMemoryLedger({ clock });
    const rolling = account("thirtyDays", limit);
    use(ledger, [rolling], 7_000n);
    const stops = [30 * dayMs, 31 * dayMs].map((aheadMs) => ({ aheadMs, amount: 0n, waitMs: 0 }));
    wander(ledger, clock, stops, [rolling]);
    assert.equal(used(ledger, rolling), 7_000n);
  });

  it("lets what was used meanwhile lapse with the true window, not with the clock's", () => {
    fc.assert(
      fc.property(excursion, (stops) => {
        const clock = manualClock("2026-08-11T12:00:00Z");
        const ledger = createMemoryLedger({ clock });
        const rolling = account("thirtyDays", limit);
        wander(ledger, clock, stops, [rolling]);
        use(ledger, [rolling], 1n);
        clock.advance(32 * dayMs);
        assert.equal(used(ledger, rolling), 0n);
      }),
      { numRuns: 200 },
    );
  });

  it("keeps the accounts of everybody who is idle meanwhile", () => {
    const clock = manualClock("2026-08-11T12:00:00Z");
    const ledger = createMemoryLedger({ clock });
    const idle = Array.from({ length: 200 }, (_, at) => account("month", limit, `tenant_id=idle${at}`));
    for (const on of idle) use(ledger, [on], 5n);
    clock.advance(60 * minuteMs);
    clock.jump(40 * dayMs);
    for (let at = 0; at < 2_000; at++) {
      use(ledger, [account("month", limit, `tenant_id=busy${at % 10}`)], 1n);
      clock.advance(1_000);
    }
    clock.jump(-40 * dayMs);
    for (const on of idle) assert.equal(used(ledger, on), 5n, on.key);
  });

  it("settles holds in the window that they were opened in, whichever the clock shows", () => {
    const clock = manualClock("2026-08-11T12:00:00Z");
    const ledger = createMemoryLedger({ clock });
    const [day] = money;
    ledger.reserve("before", [[claim(day, 100n)]]);
    clock.jump(2 * dayMs);
    ledger.reserve("meanwhile", [[claim(day, 50n)]]);
    ledger.settle("before", [{ accountId: day.id, amount: 90n }]);
    clock.jump(-2 * dayMs);
    const [open] = ledger.read([day]);
    assert.deepEqual([open?.used, open?.held], [90n, 50n]);
    ledger.settle("meanwhile", [{ accountId: day.id, amount: 40n }]);
    const [settled] = ledger.read([day]);
    assert.deepEqual([settled?.used, settled?.held], [130n, 0n]);
  });
});

describe("a clock that is set back", () => {
  for (const on of money)
    it(`keeps what the ${on.name} has counted by the clock that was ahead, until it lapses by the right one`, () => {
      fc.assert(
        fc.property(days, fc.bigInt({ min: 1n, max: 1_000n }), (backMs, amount) => {
          const clock = manualClock("2026-08-11T12:00:00Z");
          const ledger = createMemoryLedger({ clock });
          use(ledger, [on], amount);
          clock.jump(-backMs);
          assert.equal(used(ledger, on), amount);
          use(ledger, [on], 1n);
          assert.equal(used(ledger, on), amount + 1n);
        }),
        { numRuns: 200 },
      );
    });
});

describe("rates", () => {
  it("admit and refuse as if the clock had never been set", () => {
    const moves = fc.array(
      fc.record({
        jumpMs: fc.option(fc.integer({ min: -500 * dayMs, max: 500 * dayMs }), { nil: 0, freq: 2 }),
        waitMs: fc.nat(20_000),
        amount: fc.bigInt({ min: 0n, max: 400n }),
        percent: fc.nat(150),
      }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(moves, (list) => {
        const minute = account("minute", 600n);
        const [set, right] = [manualClock("2026-08-11T12:00:00Z"), manualClock("2026-08-11T12:00:00Z")];
        const [one, other] = [createMemoryLedger({ clock: set }), createMemoryLedger({ clock: right })];
        for (const [at, { jumpMs, waitMs, amount, percent }] of list.entries()) {
          set.jump(jumpMs);
          set.advance(waitMs);
          right.advance(waitMs);
          const outcomes = [one, other].map((ledger) => ledger.reserve(`${at}`, [[claim(minute, amount)]]));
          assert.equal(outcomes[0]?.kind, outcomes[1]?.kind);
          for (const ledger of [one, other])
            ledger.settle(`${at}`, [{ accountId: minute.id, amount: (amount * BigInt(percent)) / 100n }]);
          assert.deepEqual(
            one.read([minute]).map(({ left }) => left),
            other.read([minute]).map(({ left }) => left),
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  it("drain from the start on when an earlier process counted by a clock that was ahead", () => {
    const before = manualClock("2026-08-12T12:00:00Z");
    const minute = account("minute", 60n);
    const ledger = createMemoryLedger({ clock: before });
    use(ledger, [minute], 60n);
    const clock = manualClock("2026-08-11T12:00:00Z");
    const again = fromCheckpoint(ledger, clock);
    assert.equal(again.reserve("a", [[claim(minute, 1n)]]).kind, "refused");
    clock.advance(minuteMs);
    assert.equal(again.reserve("b", [[claim(minute, 60n)]]).kind, "taken");
  });
});

describe("what a refusal says of when to come back", () => {
  it("is never later than the window is long, whatever the clock did", () => {
    const lengths = { minute: minuteMs, day: dayMs, month: 31 * dayMs + 3_600_000, thirtyDays: 30 * dayMs };
    const steps = fc.array(fc.tuple(fc.integer({ min: -500 * dayMs, max: 500 * dayMs }), fc.nat(dayMs)), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.constantFrom("minute", "day", "month", "thirtyDays"), steps, (window, list) => {
        const clock = manualClock("2026-08-11T12:00:00Z");
        const ledger = createMemoryLedger({ clock });
        const on = account(window, 10n);
        for (const [jumpMs, waitMs] of list) {
          use(ledger, [on], 10n);
          clock.jump(jumpMs);
          clock.advance(waitMs);
          const outcome = ledger.reserve("more", [[claim(on, 10n)]]);
          ledger.settle("more", [{ accountId: on.id, amount: 70n }]);
          if (outcome.kind !== "refused") continue;
          const waits = outcome.resetsAtMs - clock.nowMs();
          assert.ok(waits >= 0 && waits <= lengths[window], `${window}: ${waits} ms`);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("calendar windows under a clock that is set at random", () => {
  it("never count less than was settled at the same place of the clock since its window began", () => {
    const steps = fc.array(
      fc.tuple(fc.constantFrom(0, 0, 5, dayMs, 40 * dayMs), fc.bigInt({ min: 0n, max: 99n })),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        const clock = manualClock("2026-08-11T12:00:00Z");
        const ledger = createMemoryLedger({ clock });
        const month = account("month", limit);
        let aheadMs = 0;
        const home = calendarSpan(windows.month, clock.nowMs()).startMs;
        let atHome = 0n;
        for (const [to, amount] of list) {
          clock.jump(to - aheadMs);
          aheadMs = to;
          use(ledger, [month], amount);
          if (calendarSpan(windows.month, clock.nowMs()).startMs !== home) continue;
          atHome += amount;
          assert.ok(used(ledger, month) >= atHome);
        }
      }),
      { numRuns: 300 },
    );
  });
});

/** By window: after so long without a jump nothing that was used before counts any more. A clock set back stands in an earlier calendar window. */
const overAfterMs: Readonly<Record<keyof typeof windows, number>> = {
  minute: minuteMs,
  day: 2 * dayMs,
  month: 63 * dayMs,
  thirtyDays: 32 * dayMs,
  open: 0,
};

describe("a clock that is set at random", () => {
  const step = fc.record({
    jumpMs: fc.option(fc.integer({ min: -500 * dayMs, max: 500 * dayMs }), { nil: 0, freq: 3 }),
    waitMs: fc.oneof(fc.nat(minuteMs), fc.nat(3 * dayMs)),
    act: fc.constantFrom("reserve", "reserve", "settle", "settle", "restart"),
    amount: fc.bigInt({ min: 0n, max: 500n }),
  });
  /** Two months that are skipped, one that is left at once, and back to the first. */
  const skipping = [
    { jumpMs: 0, waitMs: 0, act: "reserve", amount: 1n },
    { jumpMs: 12_329_677_159, waitMs: 16_567, act: "reserve", amount: 0n },
    { jumpMs: 20_970_275_904, waitMs: 30_370, act: "reserve", amount: 0n },
    { jumpMs: -1, waitMs: 0, act: "reserve", amount: 0n },
    { jumpMs: -365 * dayMs, waitMs: 0, act: "settle", amount: 0n },
  ] as const;
  for (const window of Object.keys(overAfterMs) as readonly (keyof typeof windows)[])
    it(`leaves an account of the window "${window}" no debt, no gift and no hold that nobody has`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          const clock = manualClock("2026-08-11T12:00:00Z");
          const on = account(window, 1_000n);
          let ledger = createMemoryLedger({ clock });
          let settled = 0n;
          const open = new Map<string, bigint>();
          const settle = (id: string, amount: bigint) => {
            ledger.settle(id, [{ accountId: on.id, amount }]);
            open.delete(id);
            settled += amount;
          };
          for (const [at, { jumpMs, waitMs, act, amount }] of steps.entries()) {
            clock.jump(jumpMs);
            clock.advance(waitMs);
            const [oldest] = open.keys();
            if (act === "restart") ledger = fromCheckpoint(ledger, clock);
            else if (act === "settle" && oldest !== undefined) settle(oldest, amount);
            else if (ledger.reserve(`${at}`, [[claim(on, amount)]]).kind === "taken")
              open.set(`${at}`, amount);
            const [balance] = ledger.read([on]);
            const held = [...open.values()].reduce((sum, one) => sum + one, 0n);
            assert.ok(balance !== undefined);
            assert.ok(balance.used >= 0n && balance.used <= settled, `used ${balance.used} of ${settled}`);
            assert.ok(balance.held >= 0n && balance.held <= held, `held ${balance.held} of ${held}`);
            if (window === "open") assert.equal(balance.held, held);
          }
          for (const [id] of [...open]) settle(id, 0n);
          assert.equal(ledger.openHolds(), 0);
          // What was overdrawn in a bucket fills up at its own rate.
          const waitMs = overAfterMs[window] * (window === "minute" ? 25 : 1);
          for (let times = 0; times < 16; times++) {
            clock.advance(waitMs / 16);
            ledger.read([on]);
          }
          assert.equal(ledger.reserve("all", [[claim(on, 1_000n)]]).kind, "taken");
        }),
        { numRuns: 150, examples: [[[...skipping]]] },
      );
    });
});

/** The ledger that a new process makes of a checkpoint. */
function fromCheckpoint(ledger: MemoryLedger, clock: ManualClock): MemoryLedger {
  const again = createMemoryLedger({ clock });
  const bytes = Buffer.concat([...checkpointFrames(freeze(ledger.state, 0), 1)]);
  assert.equal(loadCheckpoint(bytes, again.state).segment, 1);
  assert.ok(again.state instanceof LedgerState);
  return again;
}
