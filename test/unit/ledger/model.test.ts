import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import fc from "fast-check";
import type { Account, Claim, Ledger } from "../../../src/ledger/ledger.ts";
import { createMemoryLedger } from "../../../src/ledger/memory.ts";
import { type ManualClock, manualClock } from "../../support/core/manual-clock.ts";
import { account, claim } from "../../support/ledger/ledger-accounts.ts";
import { ledgerFolders, openLedger } from "../../support/ledger/ledger-folder.ts";
import { LedgerModel } from "../../support/ledger/ledger-model.ts";

const counted = [
  account("day", 100n),
  account("day", 60n, "tenant_id=other"),
  account("month", 150n),
  account("thirtyDays", 200n),
  account("open", 3n),
];
const all = [...counted, account("minute", 80n), account("minute", 50n, "user_id=ann")];
const start = "2026-10-24T20:00:00Z";

type Command =
  | { readonly do: "reserve"; readonly offers: readonly (readonly Claim[])[] }
  | { readonly do: "adjust"; readonly which: number; readonly claims: readonly Claim[] }
  | { readonly do: "settle"; readonly which: number; readonly share: number }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "crash" };

function commands(accounts: readonly Account[]): fc.Arbitrary<readonly Command[]> {
  const claims = fc
    .subarray([...accounts], { minLength: 1 })
    .chain((some) =>
      fc.tuple(
        ...some.map((on) =>
          fc.bigInt({ min: 0n, max: on.unit === "slots" ? 1n : 60n }).map((amount) => claim(on, amount)),
        ),
      ),
    );
  const which = fc.nat(20);
  const bound = fc
    .tuple(claims, fc.option(fc.integer({ min: 1, max: 99 }), { nil: undefined }))
    .map(([list, ceilingPercent]) =>
      ceilingPercent === undefined ? list : list.map((one) => ({ ...one, ceilingPercent })),
    );
  return fc.array(
    fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant("reserve"),
          offers: fc.array(bound, { minLength: 1, maxLength: 3 }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("adjust"), which, claims }) },
      // Up to one and a half of the hold: bills may be larger than what was held.
      { weight: 4, arbitrary: fc.record({ do: fc.constant("settle"), which, share: fc.nat(150) }) },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant("wait"),
          ms: fc.oneof(fc.nat(90_000), fc.nat(86_400_000), fc.nat(3 * 86_400_000)),
        }),
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("crash") }) },
    ),
    { maxLength: 60 },
  ) as fc.Arbitrary<readonly Command[]>;
}

/** Holds under way in one run: their ids and what was last claimed for them. */
class Run {
  readonly claims = new Map<string, readonly Claim[]>();
  #count = 0;

  newId(): string {
    this.#count += 1;
    return `exchange-${this.#count}`;
  }

  pick(which: number): string | undefined {
    return [...this.claims.keys()][which % Math.max(1, this.claims.size)];
  }

  actuals(id: string, share: number) {
    return (this.claims.get(id) ?? []).map(({ account: { id: accountId }, amount }) => ({
      accountId,
      amount: (amount * BigInt(share)) / 100n,
    }));
  }
}

async function numbers(ledger: Ledger, accounts: readonly Account[]) {
  const balances = await ledger.read(accounts);
  return balances.map(({ account: { id }, used, held, left, resetsAtMs }) => ({
    id,
    used,
    held,
    left,
    resetsAtMs,
  }));
}

describe("the memory ledger", () => {
  it("is at all times the sum of what was settled and what is open, and admits exactly what that leaves room for", () => {
    fc.assert(
      fc.property(commands(counted), (list) => {
        const clock = manualClock(start);
        const ledger = createMemoryLedger({ clock });
        const model = new LedgerModel();
        const run = new Run();
        for (const command of list) {
          step(command, ledger, model, run, clock);
          const nowMs = clock.nowMs();
          for (const { account: on, used, held, left } of ledger.read(counted)) {
            assert.deepEqual({ used, held }, { used: model.used(on, nowMs), held: model.held(on, nowMs) });
            assert.equal(left, used + held > on.limit ? 0n : on.limit - used - held);
          }
          assert.equal(ledger.openHolds(), model.ids().length);
        }
      }),
      { numRuns: 400 },
    );
  });

  it("never lets a bucket give more than its limit and what has refilled since the start", () => {
    const minute = account("minute", 600n);
    const moves = fc.array(fc.tuple(fc.nat(20_000), fc.bigInt({ min: 0n, max: 600n }), fc.nat(100)), {
      maxLength: 80,
    });
    fc.assert(
      fc.property(moves, (list) => {
        const clock = manualClock(start);
        const ledger = createMemoryLedger({ clock });
        const open: (readonly [id: string, held: bigint])[] = [];
        let given = 0n;
        for (const [at, [waitMs, amount, share]] of list.entries()) {
          clock.advance(waitMs);
          const id = `${at}`;
          if (ledger.reserve(id, [[claim(minute, amount)]]).kind === "taken") {
            open.push([id, amount]);
            given += amount;
          }
          const next = share > 40 ? open.shift() : undefined;
          if (next !== undefined) {
            const actual = (next[1] * BigInt(share)) / 100n;
            ledger.settle(next[0], [{ accountId: minute.id, amount: actual }]);
            given -= next[1] - actual;
          }
          const refilledMs = BigInt(clock.nowMs() - Date.parse(start));
          assert.ok(given * 60_000n <= 600n * (60_000n + refilledMs));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("the ledger with a journal", () => {
  const folders = ledgerFolders();
  afterEach(() => folders.remove());

  it("is after any crash what one that never crashed is, once the lost holds are charged", async () => {
    await fc.assert(
      fc.asyncProperty(commands(all), fc.boolean(), async (list, checkpoints) => {
        const clock = manualClock(start);
        const never = createMemoryLedger({ clock });
        let folder = await folders.make();
        // A checkpoint at nearly every write, or none.
        const options = { segmentBytes: checkpoints ? 200 : 1_000_000 };
        let ledger = await openLedger(folder, clock, options);
        const run = new Run();
        for (const command of list) {
          if (command.do !== "crash") {
            await both(command, ledger, never, run, clock);
            assert.deepEqual(await numbers(ledger, all), await numbers(never, all));
            continue;
          }
          const crashed = await folders.crash(folder);
          await ledger.close();
          folder = crashed;
          ledger = await openLedger(folder, clock, options);
          assert.deepEqual(ledger.lost.map(({ id }) => id).sort(), [...run.claims.keys()].sort());
          for (const { id, claims } of ledger.lost) {
            const actuals = claims.map(({ account: { id: accountId }, amount }) => ({ accountId, amount }));
            await ledger.settle(id, actuals);
            never.settle(id, actuals);
            run.claims.delete(id);
          }
          assert.deepEqual(await numbers(ledger, all), await numbers(never, all));
        }
        await ledger.close();
      }),
      { numRuns: 60 },
    );
  });
});

function step(command: Command, ledger: Ledger, model: LedgerModel, run: Run, clock: ManualClock): void {
  const nowMs = clock.nowMs();
  if (command.do === "wait") clock.advance(command.ms);
  if (command.do === "reserve") {
    const id = run.newId();
    const outcome = ledger.reserve(id, command.offers);
    assert.ok(!(outcome instanceof Promise));
    const offer = model.reserve(id, command.offers, nowMs);
    assert.equal(outcome.kind === "taken" ? outcome.offer : undefined, offer);
    if (offer !== undefined) run.claims.set(id, command.offers[offer]!);
    return;
  }
  const id = "which" in command ? run.pick(command.which) : undefined;
  if (id === undefined) return;
  if (command.do === "adjust") {
    const outcome = ledger.adjust(id, command.claims);
    assert.ok(!(outcome instanceof Promise));
    assert.equal(outcome.kind === "taken", model.adjust(id, command.claims, nowMs));
    if (outcome.kind === "taken") run.claims.set(id, command.claims);
  } else if (command.do === "settle") {
    const actuals = run.actuals(id, command.share);
    ledger.settle(id, actuals);
    model.settle(id, actuals);
    run.claims.delete(id);
  }
}

/** Does the same to two ledgers, which must answer the same. */
async function both(
  command: Command,
  one: Ledger,
  other: Ledger,
  run: Run,
  clock: ManualClock,
): Promise<void> {
  if (command.do === "wait") clock.advance(command.ms);
  if (command.do === "reserve") {
    const id = run.newId();
    const outcome = await one.reserve(id, command.offers);
    assert.deepEqual(outcome, await other.reserve(id, command.offers));
    if (outcome.kind === "taken") run.claims.set(id, command.offers[outcome.offer]!);
    return;
  }
  const id = "which" in command ? run.pick(command.which) : undefined;
  if (id === undefined) return;
  if (command.do === "adjust") {
    const outcome = await one.adjust(id, command.claims);
    assert.deepEqual(outcome, await other.adjust(id, command.claims));
    if (outcome.kind === "taken") run.claims.set(id, command.claims);
  } else if (command.do === "settle") {
    const actuals = run.actuals(id, command.share);
    await one.settle(id, actuals);
    await other.settle(id, actuals);
    run.claims.delete(id);
  }
}
