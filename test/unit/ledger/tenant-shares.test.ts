import assert from "node:assert/strict";
import { afterEach, describe, it } from "node:test";
import type { Account } from "../../../src/ledger/ledger.ts";
import type { LedgerEvent } from "../../../src/ledger/ledger-event.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { account, claim } from "../../support/ledger/ledger-accounts.ts";
import { ledgerFolders, openLedger } from "../../support/ledger/ledger-folder.ts";

const at = "2026-08-03T12:00:00Z";
const maxAccounts = 2_000;

/** Settles one nano-dollar on each of many accounts. */
function useMany(ledger: MemoryLedger, accounts: Iterable<Account>): void {
  for (const on of accounts) {
    ledger.reserve("many", [[claim(on, 1n)]]);
    ledger.settle("many", [{ accountId: on.id, amount: 1n }]);
  }
}

function* named(count: number, key: (n: number) => string, tenant?: string): Generator<Account> {
  for (let n = 0; n < count; n++) {
    const one = account("day", 1_000_000n, key(n));
    yield tenant === undefined ? one : { ...one, tenant };
  }
}

describe("the accounts that a tenant makes up", () => {
  it("never use up the room of other tenants", () => {
    const ledger = new MemoryLedger({ clock: manualClock(at), maxAccounts });
    for (const evil of ["mallory", "trudy", "eve"])
      useMany(
        ledger,
        named(3_000, (n) => `tenant_id=${evil},workflow=${n}`),
      );
    for (let n = 0; n < 50; n++) {
      const honest = account("day", 1_000_000n, `tenant_id=honest,workflow=${n}`);
      assert.equal(ledger.reserve(`${n}`, [[claim(honest, 1n)]]).kind, "taken");
      assert.equal(ledger.find(honest.id)?.held, 1n);
    }
  });

  it("share one account for each rule from then on, and its limit binds them together", () => {
    const ledger = new MemoryLedger({ clock: manualClock(at), maxAccounts });
    useMany(
      ledger,
      named(3_000, (n) => `tenant_id=mallory,workflow=${n}`),
    );
    const shared = ledger.find("day|tenant_id=mallory,workflow=(other)|day@UTC|nano_usd");
    assert.equal(shared?.used, 2_000n);
    const late = account("day", 2_010n, "tenant_id=mallory,workflow=late");
    assert.equal(ledger.reserve("a", [[claim(late, 11n)]]).kind, "refused");
    assert.equal(ledger.reserve("b", [[claim(late, 10n)]]).kind, "taken");
    ledger.settle("b", [{ accountId: late.id, amount: 4n }]);
    assert.equal(ledger.read([late])[0]?.used, 2_004n);
  });

  it("are told by the tenant of the request where the key has none", () => {
    const ledger = new MemoryLedger({ clock: manualClock(at), maxAccounts });
    useMany(
      ledger,
      named(3_000, (n) => `workflow=${n}`, "mallory"),
    );
    const [honest] = named(1, () => "workflow=summarize", "honest");
    assert.ok(honest);
    ledger.reserve("a", [[claim(honest, 1n)]]);
    assert.equal(ledger.find(honest.id)?.held, 1n);
  });

  it("leave alone what only the tenant tells apart", () => {
    const ledger = new MemoryLedger({ clock: manualClock(at), maxAccounts });
    const names = (n: number) => `tenant_id=mallory,workflow=${n}`;
    useMany(ledger, named(3_000, names));
    const whole = account("month", 1_000n, "tenant_id=mallory");
    ledger.reserve("a", [[claim(whole, 7n)]]);
    assert.equal(ledger.find(whole.id)?.held, 7n);
  });

  it("are told of once, with the rule and the account that they share", () => {
    const events: LedgerEvent[] = [];
    const onEvent = (event: LedgerEvent) => void events.push(event);
    const ledger = new MemoryLedger({ clock: manualClock(at), maxAccounts, onEvent });
    useMany(
      ledger,
      named(3_000, (n) => `tenant_id=mallory,workflow=${n}`),
    );
    assert.deepEqual(
      events.map((event) => [event.kind, "account" in event && event.account.key]),
      [["crowded", "tenant_id=mallory,workflow=(other)"]],
    );
  });

  it("may be as many as before once the earlier ones have lapsed", () => {
    const clock = manualClock(at);
    const ledger = new MemoryLedger({ clock, maxAccounts });
    useMany(
      ledger,
      named(3_000, (n) => `tenant_id=mallory,workflow=${n}`),
    );
    clock.advance(3 * 86_400_000);
    useMany(
      ledger,
      named(3_000, (n) => `tenant_id=acme,workflow=${n}`),
    );
    const one = account("day", 1_000_000n, "tenant_id=mallory,workflow=again");
    ledger.reserve("a", [[claim(one, 1n)]]);
    assert.equal(ledger.find(one.id)?.held, 1n);
  });
});

describe("the ledger with a journal", () => {
  const folders = ledgerFolders();
  afterEach(() => folders.remove());

  it("knows after a crash who shares what, and lets no account be another's", async () => {
    const clock = manualClock(at);
    const folder = await folders.make();
    const ledger = await openLedger(folder, clock, { maxAccounts: 300 });
    const accounts = [...named(400, (n) => `workflow=${n}`, "mallory")];
    for (const on of accounts) {
      await ledger.reserve(on.key, [[claim(on, 2n)]]);
      await ledger.settle(on.key, [{ accountId: on.id, amount: 1n }]);
    }
    const before = await ledger.accounts();
    const crashed = await folders.crash(folder);
    await ledger.close();
    const again = await openLedger(crashed, clock, { maxAccounts: 300 });
    assert.deepEqual(await again.accounts(), before);
    assert.equal(again.find("day|workflow=(other)|day@UTC|nano_usd")?.used, 250n);
    await again.close();
  });
});
