import assert from "node:assert/strict";
import { it } from "node:test";
import { GatewayError } from "../../src/core/errors.ts";
import type { Ledger } from "../../src/ledger/ledger.ts";
import type { ManualClock } from "../support/core/manual-clock.ts";
import { account, claim, numbers, taken } from "../support/ledger/ledger-accounts.ts";

type Start = () => Promise<{ readonly clock: ManualClock; readonly ledger: Ledger }>;

/** What every ledger promises to those who look after it. */
export function describeOperators(start: Start): void {
  it("starts sound, with nothing lost and no account in use", async () => {
    const { ledger } = await start();
    assert.deepEqual(ledger.lost, []);
    assert.equal(ledger.error, undefined);
    assert.deepEqual(await ledger.accounts(), []);
    assert.deepEqual(await ledger.totals(), []);
    assert.equal(await ledger.find(account("day", 1n).id), undefined);
  });

  it("lists the accounts in use by rule and key, and as many as are asked for", async () => {
    const { ledger } = await start();
    const [acme, beta] = [account("day", 100n), account("day", 100n, "tenant_id=beta")];
    const minute = account("minute", 600n);
    taken(await ledger.reserve("a", [[claim(acme, 40n), claim(minute, 10n)]]));
    taken(await ledger.reserve("b", [[claim(beta, 5n)]]));
    const listed = async (filter: Parameters<Ledger["accounts"]>[0]) =>
      (await ledger.accounts(filter)).map((balance) => balance.account.id).sort();
    assert.deepEqual(await listed({}), [acme.id, beta.id, minute.id].sort());
    assert.deepEqual(await listed({ name: "day" }), [acme.id, beta.id].sort());
    assert.deepEqual(await listed({ key: "tenant_id=beta" }), [beta.id]);
    assert.equal((await listed({ max: 2 })).length, 2);
    const found = await ledger.find(acme.id);
    assert.deepEqual([found?.account.id, found?.held, found?.left], [acme.id, 40n, 60n]);
  });

  it("adds up the accounts of each rule", async () => {
    const { ledger } = await start();
    const [acme, beta] = [account("day", 100n), account("day", 100n, "tenant_id=beta")];
    taken(await ledger.reserve("a", [[claim(acme, 40n)]]));
    taken(await ledger.reserve("b", [[claim(beta, 5n)]]));
    await ledger.settle("b", [{ accountId: beta.id, amount: 3n }]);
    const [total, ...others] = await ledger.totals();
    assert.deepEqual(others, []);
    assert.deepEqual([total?.account.name, total?.accounts, total?.used, total?.held], ["day", 2, 3n, 40n]);
  });

  it("forgets what was used when it is told to, and leaves holds open", async () => {
    const { ledger } = await start();
    const day = account("day", 100n);
    taken(await ledger.reserve("a", [[claim(day, 60n)]]));
    await ledger.settle("a", [{ accountId: day.id, amount: 60n }]);
    taken(await ledger.reserve("b", [[claim(day, 30n)]]));
    await ledger.reset(day.id, "ops");
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 30n, left: 70n });
  });

  it("grants to an account, known by use or introduced, until its window ends", async () => {
    const { ledger, clock } = await start();
    const day = account("day", 100n);
    await ledger.introduce(day);
    await ledger.grant(day.id, 50n, "ops");
    taken(await ledger.reserve("a", [[claim(day, 150n)]]));
    await ledger.settle("a", []);
    await ledger.grant(day.id, -20n, "ops");
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 0n, left: 130n });
    clock.advance(24 * 3_600_000);
    assert.deepEqual(await numbers(ledger, day), { used: 0n, held: 0n, left: 100n });
  });

  it("refuses to reset or grant what it does not know, and grants nothing to what refills by itself", async () => {
    const { ledger } = await start();
    const minute = account("minute", 600n);
    await ledger.introduce(minute);
    const refusals = [
      () => ledger.reset("nobody", "ops"),
      () => ledger.grant("nobody", 1n, "ops"),
      () => ledger.grant(minute.id, 1n, "ops"),
    ];
    for (const refused of refusals)
      await assert.rejects(
        async () => await refused(),
        (error) => error instanceof GatewayError && error.code === "invalid_request",
      );
  });
}
