import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Account, Ledger, Window } from "../../../src/ledger/ledger.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { formatWindow } from "../../../src/ledger/window.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { claim } from "../../support/ledger/ledger-accounts.ts";
import { ledgerFolders, openLedger } from "../../support/ledger/ledger-folder.ts";

const at = "2026-08-11T12:00:00Z";
const hourMs = 3_600_000;
const month = (timeZone: string, resetDay?: number): Window =>
  resetDay === undefined
    ? { kind: "calendar", period: "month", timeZone }
    : { kind: "calendar", period: "month", timeZone, resetDay };
const day: Window = { kind: "calendar", period: "day", timeZone: "UTC" };
const rolling = (hours: number): Window => ({ kind: "rolling", lengthMs: hours * hourMs });

function budget(window: Window, key = "tenant_id=acme"): Account {
  const id = `b|${key}|${formatWindow(window)}|nano_usd`;
  return { id, name: "b", key, unit: "nano_usd", window, limit: 1_000n };
}

async function use(ledger: Pick<Ledger, "reserve" | "settle">, on: Account, amount: bigint) {
  await ledger.reserve("use", [[claim(on, amount)]]);
  await ledger.settle("use", [{ accountId: on.id, amount }]);
}

describe("a budget whose window is changed in the config", () => {
  const cases: readonly (readonly [title: string, before: Window, after: Window, used: bigint])[] = [
    ["goes on in another time zone", month("UTC"), month("Europe/Berlin"), 700n],
    ["goes on from another reset day", month("UTC"), month("UTC", 15), 700n],
    ["goes on in a longer window", day, month("UTC"), 700n],
    ["goes on from the calendar into a rolling window", day, rolling(48), 700n],
    ["goes on from a rolling window into the calendar", rolling(24), day, 700n],
    ["starts anew in a shorter window", month("UTC"), day, 0n],
    ["starts anew in a shorter rolling window", rolling(48), rolling(24), 0n],
  ];
  for (const [title, before, after, used] of cases)
    it(title, async () => {
      const ledger = new MemoryLedger({ clock: manualClock(at) });
      await use(ledger, budget(before), 700n);
      const fits = ledger.reserve("next", [[claim(budget(after), 301n)]]).kind;
      assert.equal(fits, used === 0n ? "taken" : "refused");
      assert.equal(ledger.read([budget(after)])[0]?.used, used);
    });

  it("counts what open calls hold as used, so that nothing is granted twice", () => {
    const ledger = new MemoryLedger({ clock: manualClock(at) });
    ledger.reserve("open", [[claim(budget(month("UTC")), 700n)]]);
    assert.equal(ledger.reserve("next", [[claim(budget(month("Asia/Tokyo")), 301n)]]).kind, "refused");
  });

  it("leaves nothing behind, so that changing back finds what was used in between", async () => {
    const ledger = new MemoryLedger({ clock: manualClock(at) });
    const [utc, tokyo] = [budget(month("UTC")), budget(month("Asia/Tokyo"))];
    await use(ledger, utc, 300n);
    await use(ledger, tokyo, 200n);
    assert.equal(ledger.read([utc])[0]?.used, 0n);
    await use(ledger, utc, 1n);
    assert.equal(ledger.read([utc])[0]?.used, 501n);
  });

  it("keeps the shorter window of a subcap as it is", async () => {
    const ledger = new MemoryLedger({ clock: manualClock(at) });
    await use(ledger, budget(day), 300n);
    await use(ledger, budget(month("UTC")), 1n);
    assert.equal(ledger.read([budget(day)])[0]?.used, 300n);
    assert.equal(ledger.read([budget(month("UTC"))])[0]?.used, 301n);
  });

  it("takes nothing from other keys", async () => {
    const ledger = new MemoryLedger({ clock: manualClock(at) });
    await use(ledger, budget(month("UTC"), "tenant_id=other"), 700n);
    await use(ledger, budget(month("Asia/Tokyo")), 1n);
    assert.equal(ledger.read([budget(month("Asia/Tokyo"))])[0]?.used, 1n);
  });
});

describe("the ledger with a journal", () => {
  const folders = ledgerFolders();
  afterEach(() => folders.remove());

  it("knows after a crash what went on in another window", async () => {
    const clock = manualClock(at);
    const folder = await folders.make();
    const ledger = await openLedger(folder, clock, {});
    await use(ledger, budget(month("UTC")), 700n);
    await use(ledger, budget(month("Asia/Tokyo")), 50n);
    const before = await ledger.accounts();
    const crashed = await folders.crash(folder);
    await ledger.close();
    const again = await openLedger(crashed, clock, {});
    assert.deepEqual(await again.accounts(), before);
    assert.equal(again.read([budget(month("Asia/Tokyo"))])[0]?.used, 750n);
    await again.close();
  });
});
