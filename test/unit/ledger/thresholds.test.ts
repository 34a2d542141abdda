import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Account, Claim, Ledger } from "../../../src/ledger/ledger.ts";
import type { LedgerEvent } from "../../../src/ledger/ledger-event.ts";
import { openLocalLedger } from "../../../src/ledger/local-ledger.ts";
import { type ManualClock, manualClock } from "../../support/core/manual-clock.ts";
import { account, claim } from "../../support/ledger/ledger-accounts.ts";
import { ledgerFolders } from "../../support/ledger/ledger-folder.ts";

const folders = ledgerFolders();
after(() => folders.remove());
const day = account("day", 1_000n, "tenant_id=acme", [50, 80, 100]);
let calls = 0;

async function start(folder: string, clock: ManualClock) {
  const told: string[] = [];
  const onEvent = (event: LedgerEvent) => {
    if (event.kind === "threshold") told.push(`${event.balance.account.key} ${event.percent}%`);
  };
  return { ledger: await openLocalLedger({ folder, clock, onEvent }), told };
}

/** Holds an amount and uses all of it. */
async function use(ledger: Ledger, on: Account, amount: bigint): Promise<string> {
  const id = `call-${calls++}`;
  const claims: readonly Claim[] = [claim(on, amount)];
  const outcome = await ledger.reserve(id, [claims]);
  await ledger.settle(id, [{ accountId: on.id, amount }]);
  return outcome.kind;
}

describe("a budget's thresholds", () => {
  it("are told once each when settled use passes them, and again in the next window", async () => {
    const clock = manualClock("2026-08-03T12:00:00Z");
    const { ledger, told } = await start(await folders.make(), clock);
    for (let at = 0; at < 9; at++) await use(ledger, day, 100n);
    assert.deepEqual(told, ["tenant_id=acme 50%", "tenant_id=acme 80%"]);
    clock.advance(86_400_000);
    await use(ledger, day, 500n);
    assert.deepEqual(told.slice(2), ["tenant_id=acme 50%"]);
    await ledger.close();
  });

  it("are told for each account by itself", async () => {
    const { ledger, told } = await start(await folders.make(), manualClock("2026-08-03T12:00:00Z"));
    await use(ledger, day, 500n);
    await use(ledger, account("day", 1_000n, "tenant_id=zeta", day.alerts), 500n);
    assert.deepEqual(told, ["tenant_id=acme 50%", "tenant_id=zeta 50%"]);
    await ledger.close();
  });

  it("are all told when one call passes several", async () => {
    const { ledger, told } = await start(await folders.make(), manualClock("2026-08-03T12:00:00Z"));
    await use(ledger, day, 1_000n);
    assert.deepEqual(told, ["tenant_id=acme 50%", "tenant_id=acme 80%", "tenant_id=acme 100%"]);
    await ledger.close();
  });

  for (const end of ["crash", "checkpoint"] as const)
    it(`are not told twice over a ${end === "crash" ? "crash" : "clean end"}`, async () => {
      const [clock, folder] = [manualClock("2026-08-03T12:00:00Z"), await folders.make()];
      const first = await start(folder, clock);
      await use(first.ledger, day, 960n);
      // Too few are left for what is asked: used up, and told so.
      assert.equal(await use(first.ledger, day, 100n), "refused");
      assert.deepEqual(first.told, ["tenant_id=acme 50%", "tenant_id=acme 80%", "tenant_id=acme 100%"]);
      // The refusal's entry waits for nobody; the next hold is written behind it.
      await use(first.ledger, account("day", 1_000n, "tenant_id=zeta"), 1n);
      const copy = end === "crash" ? await folders.crash(folder) : folder;
      if (end === "checkpoint") await first.ledger.close();
      const again = await start(copy, clock);
      await use(again.ledger, day, 10n);
      assert.equal(await use(again.ledger, day, 100n), "refused");
      assert.deepEqual(again.told, []);
      await again.ledger.close();
      await first.ledger.close();
    });
});
