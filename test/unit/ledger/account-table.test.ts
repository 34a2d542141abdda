import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { account, claim } from "../../support/ledger/ledger-accounts.ts";

/** Takes a slot of a key and gives it back. */
function call(ledger: MemoryLedger, id: string, key: string): void {
  ledger.reserve(id, [[claim(account("open", 1n, key), 1n)]]);
  ledger.settle(id, []);
}

describe("the ledger's accounts", () => {
  it("gives back the rows of accounts that say nothing and are no longer asked about", () => {
    const clock = manualClock("2026-08-03T12:00:00Z");
    const ledger = new MemoryLedger({ clock });
    for (let at = 0; at < 1_000; at++) call(ledger, `${at}`, `user_id=u${at}`);
    clock.advance(600_000);
    for (let at = 0; at < 1_000; at++) call(ledger, `${at}`, "user_id=u");
    assert.equal(ledger.state.table.size, 1);
  });

  it("keeps the rows of accounts that are asked about again and again, empty as they are in between", () => {
    const ledger = new MemoryLedger({ clock: manualClock("2026-08-03T12:00:00Z") });
    for (let at = 0; at < 2_000; at++) call(ledger, `${at}`, `user_id=u${at % 20}`);
    assert.equal(ledger.state.table.size, 20);
  });

  it("finds an account by its id, and none by an id that only looks like it", () => {
    const ledger = new MemoryLedger({ clock: manualClock("2026-08-03T12:00:00Z") });
    const forAll = account("open", 1n, "");
    ledger.reserve("a", [[claim(forAll, 1n), claim(account("open", 1n), 1n)]]);
    assert.equal(ledger.find(forAll.id)?.account.key, "");
    assert.equal(ledger.find(account("open", 1n).id)?.account.key, "tenant_id=acme");
    for (const id of [
      forAll.id.replace("||", "|"),
      `${forAll.id}x`,
      "",
      "open",
      "open|tenant_id=zeta|open|slots",
    ])
      assert.equal(ledger.find(id), undefined, id);
  });

  it("makes room for new accounts when it is full of idle ones", () => {
    const ledger = new MemoryLedger({ clock: manualClock("2026-08-03T12:00:00Z"), maxAccounts: 10 });
    for (let at = 0; at < 100; at++) call(ledger, `${at}`, `user_id=u${at}`);
    assert.ok(ledger.state.table.size <= 10);
  });
});
