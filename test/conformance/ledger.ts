import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import { GatewayError } from "../../src/core/errors.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import { type ManualClock, manualClock } from "../support/core/manual-clock.ts";
import { account, claim, numbers, refusedBy, taken } from "../support/ledger/ledger-accounts.ts";
import { describeOperators } from "./ledger-operators.ts";

/** A ledger to be tried, and how it is put away. */
export interface LedgerUnderTest {
  readonly ledger: Ledger;
  close(): Promise<void>;
}

/** What every ledger promises. `make` starts an empty one on a clock. */
export function ledgerConformance(
  name: string,
  make: (clock: ManualClock) => Promise<LedgerUnderTest>,
): void {
  describe(`the ${name} ledger`, () => {
    let under: LedgerUnderTest | undefined;
    afterEach(async () => {
      await under?.close();
      under = undefined;
    });
    const start = async (at = "2026-08-03T12:00:00Z") => {
      const clock = manualClock(at);
      under = await make(clock);
      return { clock, ledger: under.ledger };
    };
    describeReserve(start);
    describeSettle(start);
    describeAdjust(start);
    describeWindows(start);
    describeOperators(start);
  });
}

type Start = (at?: string) => Promise<{ readonly clock: ManualClock; readonly ledger: Ledger }>;

function describeReserve(start: Start): void {
  it("admits 10 of 200 parallel calls on a budget worth 10, for a tenant never seen before", async () => {
    const { ledger } = await start();
    const day = account("day", 1_000n);
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, (_, call) => ledger.reserve(`call-${call}`, [[claim(day, 100n)]])),
    );
    assert.equal(outcomes.filter(({ kind }) => kind === "taken").length, 10);
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 1_000n, left: 0n });
    assert.equal(ledger.openHolds(), 10);
  });

  it("leaves every other account as it was when one refuses", async () => {
    const { ledger } = await start();
    const [day, minute, slots] = [account("day", 100n), account("minute", 100n), account("open", 1n)];
    const claims = [claim(day, 10n), claim(minute, 10n), claim(slots, 1n)];
    taken(await ledger.reserve("first", [claims]));
    const before = await ledger.read([day, minute, slots]);
    for (let call = 0; call < 1_000; call++) {
      const refused = refusedBy(await ledger.reserve(`again-${call}`, [claims]));
      assert.equal(refused.account.id, slots.id);
    }
    assert.deepEqual(await ledger.read([day, minute, slots]), before);
  });

  it("takes the first offer that fits, and says which", async () => {
    const { ledger } = await start();
    const day = account("day", 100n);
    const outcome = taken(
      await ledger.reserve("a", [[claim(day, 101n)], [claim(day, 60n)], [claim(day, 1n)]]),
    );
    assert.equal(outcome.offer, 1);
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 60n, left: 40n });
  });

  it("says which account refused the last offer, what is left there and when it is more", async () => {
    const { ledger } = await start();
    const day = account("day", 100n);
    taken(await ledger.reserve("a", [[claim(day, 70n)]]));
    const refused = refusedBy(await ledger.reserve("b", [[claim(day, 50n)], [claim(day, 31n)]]));
    assert.deepEqual(
      { ...refused, account: refused.account.id },
      {
        kind: "refused",
        account: day.id,
        amount: 31n,
        left: 30n,
        resetsAtMs: Date.parse("2026-08-04T00:00:00Z"),
        openHoldsOnly: true,
      },
    );
    await ledger.settle("a", [{ accountId: day.id, amount: 70n }]);
    assert.equal(refusedBy(await ledger.reserve("b", [[claim(day, 31n)]])).openHoldsOnly, false);
  });

  it("answers the same id the same, and holds once", async () => {
    const { ledger } = await start();
    const day = account("day", 100n);
    const first = await ledger.reserve("a", [[claim(day, 200n)], [claim(day, 60n)]]);
    assert.deepEqual(await ledger.reserve("a", [[claim(day, 200n)], [claim(day, 60n)]]), first);
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 60n, left: 40n });
  });

  it("adds up two claims on one account", async () => {
    const { ledger } = await start();
    const day = account("day", 100n);
    refusedBy(await ledger.reserve("a", [[claim(day, 60n), claim(day, 60n)]]));
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 0n, left: 100n });
    taken(await ledger.reserve("a", [[claim(day, 60n), claim(day, 40n)]]));
    await ledger.settle("a", [{ accountId: day.id, amount: 90n }]);
    assert.deepEqual(await numbers(ledger, day), { used: 90n, held: 0n, left: 10n });
  });

  it("lets observed claims pass, names the accounts without room, and counts their use", async () => {
    const { ledger } = await start();
    const day = account("day", 100n);
    const observed = taken(
      await ledger.reserve("a", [[{ account: day, amount: 150n, observe: true }]]),
    ).observed;
    assert.deepEqual(
      observed.map(({ id }) => id),
      [day.id],
    );
    await ledger.settle("a", [{ accountId: day.id, amount: 120n }]);
    assert.deepEqual(await numbers(ledger, day), { used: 120n, held: 0n, left: 0n });
  });

  it("keeps a claim below its own ceiling, and every other below the limit", async () => {
    const { ledger } = await start();
    const day = account("day", 1_000n);
    const whole = { account: day, amount: 300n, ceilingPercent: 80 };
    const less = { account: day, amount: 100n, ceilingPercent: 90 };
    const offers = [[whole], [less], [claim(day, 50n)]];
    const took = [];
    for (let call = 0; call < 7; call++) {
      const outcome = await ledger.reserve(`${call}`, offers);
      took.push(outcome.kind === "taken" ? outcome.offer : "refused");
    }
    assert.deepEqual(took, [0, 0, 1, 1, 1, 2, 2]);
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 1_000n, left: 0n });
    const refused = refusedBy(await ledger.reserve("last", [[{ ...whole, amount: 1n }]]));
    assert.deepEqual([refused.account.limit, refused.left], [1_000n, 0n]);
  });

  it("says what is left of the limit, not of the ceiling, and when the claim will fit below it", async () => {
    const { ledger, clock } = await start();
    const minute = account("minute", 600n);
    taken(await ledger.reserve("a", [[claim(minute, 500n)]]));
    const bound = { account: minute, amount: 10n, ceilingPercent: 80 };
    const refused = refusedBy(await ledger.reserve("b", [[bound]]));
    assert.deepEqual([refused.account.limit, refused.left], [600n, 100n]);
    assert.equal(refused.resetsAtMs, clock.nowMs() + 3_000);
    clock.set(refused.resetsAtMs);
    taken(await ledger.reserve("b", [[bound]]));
  });

  it("keeps what was used when the limit changes", async () => {
    const { ledger } = await start();
    taken(await ledger.reserve("a", [[claim(account("day", 100n), 80n)]]));
    await ledger.settle("a", [{ accountId: account("day", 0n).id, amount: 80n }]);
    const lowered = account("day", 50n);
    assert.deepEqual(await numbers(ledger, lowered), { used: 80n, held: 0n, left: 0n });
    refusedBy(await ledger.reserve("b", [[claim(lowered, 1n)]]));
    const raised = account("day", 200n);
    taken(await ledger.reserve("c", [[claim(raised, 120n)]]));
    assert.deepEqual(await numbers(ledger, raised), { used: 80n, held: 120n, left: 0n });
  });
}

function describeSettle(start: Start): void {
  it("leaves every counter as it was, to the nano-dollar, after 1,000 calls that cost nothing", async () => {
    const { ledger } = await start();
    const all = [
      account("day", 10n ** 12n),
      account("minute", 10_000n),
      account("open", 8n),
      account("thirtyDays", 500n),
    ];
    const before = await ledger.read(all);
    for (let call = 0; call < 1_000; call++) {
      taken(await ledger.reserve(`${call}`, [all.map((on) => claim(on, 7n))]));
      await ledger.settle(`${call}`, []);
    }
    assert.deepEqual(await ledger.read(all), before);
    assert.equal(ledger.openHolds(), 0);
  });

  it("closes a hold once, however often it is called", async () => {
    const { ledger } = await start();
    const day = account("day", 100n);
    taken(await ledger.reserve("a", [[claim(day, 60n)]]));
    for (let times = 0; times < 3; times++) await ledger.settle("a", [{ accountId: day.id, amount: 25n }]);
    await ledger.settle("never opened", [{ accountId: day.id, amount: 25n }]);
    assert.deepEqual(await numbers(ledger, day), { used: 25n, held: 0n, left: 75n });
  });

  it("charges more than was held all the same", async () => {
    const { ledger } = await start();
    const day = account("day", 100n);
    taken(await ledger.reserve("a", [[claim(day, 60n)]]));
    await ledger.settle("a", [{ accountId: day.id, amount: 130n }]);
    assert.deepEqual(await numbers(ledger, day), { used: 130n, held: 0n, left: 0n });
  });

  it("frees concurrency slots whatever was used", async () => {
    const { ledger } = await start();
    const slots = account("open", 2n);
    taken(await ledger.reserve("a", [[claim(slots, 1n)]]));
    taken(await ledger.reserve("b", [[claim(slots, 1n)]]));
    assert.equal(refusedBy(await ledger.reserve("c", [[claim(slots, 1n)]])).openHoldsOnly, true);
    await ledger.settle("a", [{ accountId: slots.id, amount: 1n }]);
    taken(await ledger.reserve("c", [[claim(slots, 1n)]]));
    assert.deepEqual(await numbers(ledger, slots), { used: 0n, held: 2n, left: 0n });
  });
}

function describeAdjust(start: Start): void {
  it("grows and shrinks a hold", async () => {
    const { ledger } = await start();
    const day = account("day", 100n);
    taken(await ledger.reserve("a", [[claim(day, 40n)]]));
    taken(await ledger.adjust("a", [claim(day, 90n)]));
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 90n, left: 10n });
    taken(await ledger.adjust("a", [claim(day, 10n)]));
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 10n, left: 90n });
    await ledger.settle("a", [{ accountId: day.id, amount: 9n }]);
    assert.deepEqual(await numbers(ledger, day), { used: 9n, held: 0n, left: 91n });
  });

  it("leaves the hold as it was when what it is to become does not fit", async () => {
    const { ledger } = await start();
    const [day, minute] = [account("day", 100n), account("minute", 50n)];
    taken(await ledger.reserve("a", [[claim(day, 40n), claim(minute, 40n)]]));
    const refused = refusedBy(await ledger.adjust("a", [claim(day, 80n), claim(minute, 60n)]));
    assert.equal(refused.account.id, minute.id);
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 40n, left: 60n });
    assert.deepEqual(await numbers(ledger, minute), { used: 0n, held: 40n, left: 10n });
  });

  it("takes up new accounts and lets go of those left out", async () => {
    const { ledger } = await start();
    const [one, other] = [account("day", 100n, "backend=a"), account("day", 100n, "backend=b")];
    taken(await ledger.reserve("a", [[claim(one, 40n)]]));
    taken(await ledger.adjust("a", [claim(other, 30n)]));
    assert.deepEqual(await numbers(ledger, one), { used: 0n, held: 0n, left: 100n });
    assert.deepEqual(await numbers(ledger, other), { used: 0n, held: 30n, left: 70n });
    await ledger.settle("a", [{ accountId: other.id, amount: 5n }]);
    assert.deepEqual(await numbers(ledger, other), { used: 5n, held: 0n, left: 95n });
  });

  it("still charges an account whose hold was adjusted to nothing", async () => {
    const { ledger } = await start();
    const day = account("day", 100n);
    taken(await ledger.reserve("a", [[claim(day, 40n)]]));
    taken(await ledger.adjust("a", [claim(day, 0n)]));
    await ledger.settle("a", [{ accountId: day.id, amount: 3n }]);
    assert.deepEqual(await numbers(ledger, day), { used: 3n, held: 0n, left: 97n });
  });

  it("fails for a hold that is not open", async () => {
    const { ledger } = await start();
    await assert.rejects(
      async () => await ledger.adjust("a", [claim(account("day", 1n), 1n)]),
      (error) => !(error instanceof GatewayError),
    );
  });
}

function describeWindows(start: Start): void {
  it("refuses the last call before a boundary and admits the first after it", async () => {
    const { ledger, clock } = await start("2026-10-31T22:59:59.999Z");
    const month = account("month", 100n);
    taken(await ledger.reserve("a", [[claim(month, 100n)]]));
    await ledger.settle("a", [{ accountId: month.id, amount: 100n }]);
    assert.equal(
      refusedBy(await ledger.reserve("b", [[claim(month, 1n)]])).resetsAtMs,
      Date.parse("2026-10-31T23:00:00Z"),
    );
    clock.advance(1);
    taken(await ledger.reserve("b", [[claim(month, 100n)]]));
  });

  it("books a charge and its refund in the window in which it was reserved", async () => {
    const { ledger, clock } = await start("2026-08-03T23:59:59Z");
    const day = account("day", 100n);
    taken(await ledger.reserve("late", [[claim(day, 80n)]]));
    clock.set("2026-08-04T00:00:01Z");
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 0n, left: 100n });
    taken(await ledger.reserve("early", [[claim(day, 50n)]]));
    await ledger.settle("late", [{ accountId: day.id, amount: 70n }]);
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 50n, left: 50n });
    await ledger.settle("early", [{ accountId: day.id, amount: 40n }]);
    assert.deepEqual(await numbers(ledger, day), { used: 40n, held: 0n, left: 60n });
  });

  it("holds what an old hold grows by in the window of now", async () => {
    const { ledger, clock } = await start("2026-08-03T23:59:59Z");
    const day = account("day", 100n);
    taken(await ledger.reserve("a", [[claim(day, 80n)]]));
    clock.set("2026-08-04T00:00:01Z");
    taken(await ledger.adjust("a", [claim(day, 110n)]));
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 30n, left: 70n });
    await ledger.settle("a", [{ accountId: day.id, amount: 95n }]);
    assert.deepEqual(await numbers(ledger, day), { used: 15n, held: 0n, left: 85n });
  });

  it("refills a bucket evenly and says when the amount will fit", async () => {
    const { ledger, clock } = await start();
    const minute = account("minute", 600n);
    taken(await ledger.reserve("a", [[claim(minute, 600n)]]));
    await ledger.settle("a", [{ accountId: minute.id, amount: 600n }]);
    const refused = refusedBy(await ledger.reserve("b", [[claim(minute, 30n)]]));
    assert.equal(refused.resetsAtMs, clock.nowMs() + 3_000);
    clock.advance(2_999);
    refusedBy(await ledger.reserve("b", [[claim(minute, 30n)]]));
    clock.advance(1);
    taken(await ledger.reserve("b", [[claim(minute, 30n)]]));
  });

  it("gives back to a bucket what was held too much, but no more than it can hold", async () => {
    const { ledger, clock } = await start();
    const minute = account("minute", 600n);
    taken(await ledger.reserve("a", [[claim(minute, 600n)]]));
    clock.advance(10_000);
    await ledger.settle("a", [{ accountId: minute.id, amount: 200n }]);
    assert.deepEqual(await numbers(ledger, minute), { used: 100n, held: 0n, left: 500n });
  });

  it("gives nothing back to a bucket that has been empty since", async () => {
    const { ledger, clock } = await start();
    const minute = account("minute", 600n);
    taken(await ledger.reserve("long", [[claim(minute, 600n)]]));
    clock.advance(60_000);
    taken(await ledger.reserve("next", [[claim(minute, 500n)]]));
    await ledger.settle("long", [{ accountId: minute.id, amount: 0n }]);
    assert.equal((await numbers(ledger, minute)).left, 100n);
  });

  it("forgets what a rolling window has passed, a slice late at most and never early", async () => {
    const { ledger, clock } = await start("2026-08-03T12:00:00Z");
    const rolling = account("thirtyDays", 100n);
    taken(await ledger.reserve("a", [[claim(rolling, 60n)]]));
    await ledger.settle("a", [{ accountId: rolling.id, amount: 60n }]);
    clock.set("2026-08-20T00:00:00Z");
    taken(await ledger.reserve("b", [[claim(rolling, 40n)]]));
    await ledger.settle("b", [{ accountId: rolling.id, amount: 40n }]);
    clock.set("2026-09-02T12:00:00Z");
    const refused = refusedBy(await ledger.reserve("c", [[claim(rolling, 30n)]]));
    assert.equal(refused.resetsAtMs, Date.parse("2026-09-03T00:00:00Z"));
    clock.set(refused.resetsAtMs);
    taken(await ledger.reserve("c", [[claim(rolling, 60n)]]));
    await ledger.settle("c", []);
    clock.set("2026-09-20T00:00:00Z");
    assert.deepEqual(await numbers(ledger, rolling), { used: 0n, held: 0n, left: 100n });
  });

  it("grants no limit twice when the clock steps back over a boundary", async () => {
    const { ledger, clock } = await start("2026-08-04T00:00:00Z");
    const day = account("day", 100n);
    taken(await ledger.reserve("a", [[claim(day, 100n)]]));
    clock.advance(-200);
    refusedBy(await ledger.reserve("b", [[claim(day, 1n)]]));
  });
}
