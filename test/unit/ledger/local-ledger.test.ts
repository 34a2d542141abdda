import assert from "node:assert/strict";
import { readdir, readFile, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, it } from "node:test";
import { GatewayError } from "../../../src/core/errors.ts";
import type { Account, Ledger } from "../../../src/ledger/ledger.ts";
import { recover } from "../../../src/ledger/ledger-folder.ts";
import type { LocalLedger } from "../../../src/ledger/local-ledger.ts";
import { createMemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { account, claim } from "../../support/ledger/ledger-accounts.ts";
import { ledgerFolders, openLedger } from "../../support/ledger/ledger-folder.ts";

const folders = ledgerFolders();
const open = new Set<LocalLedger>();
afterEach(async () => {
  for (const ledger of open) await ledger.close();
  open.clear();
  await folders.remove();
});
const start: typeof openLedger = async (...args) => {
  const ledger = await openLedger(...args);
  open.add(ledger);
  return ledger;
};

const day = account("day", 1_000n);
const slots = account("open", 2n);
const all = [day, slots, account("minute", 1_000n), account("thirtyDays", 1_000n)];

describe("a ledger that is opened again", () => {
  it("makes its folder when that is missing", async () => {
    const folder = join(await folders.make(), "var", "ledger");
    const ledger = await start(folder, manualClock("2026-08-03T12:00:00Z"));
    assert.equal((await ledger.reserve("a", [[claim(day, 1n)]])).kind, "taken");
  });

  it("knows what was used, and asks for nothing to be charged after a clean end", async () => {
    const [clock, folder] = [manualClock("2026-08-03T12:00:00Z"), await folders.make()];
    const first = await start(folder, clock);
    await first.reserve("a", [all.map((on) => claim(on, 1n))]);
    await first.settle(
      "a",
      all.map(({ id }) => ({ accountId: id, amount: 7n })),
    );
    const before = await numbers(first, all);
    await first.close();
    const second = await start(folder, clock);
    assert.deepEqual(await numbers(second, all), before);
    assert.deepEqual(second.lost, []);
  });

  it("finds after a crash every hold that was answered, to be charged; slots are free again", async () => {
    const [clock, folder] = [manualClock("2026-08-03T12:00:00Z"), await folders.make()];
    const first = await start(folder, clock);
    await first.reserve("done", [[claim(day, 100n)]]);
    await first.settle("done", [{ accountId: day.id, amount: 40n }]);
    await first.reserve("lost", [[claim(day, 100n), claim(slots, 1n)]]);
    await first.adjust("lost", [claim(day, 150n), claim(slots, 1n)]);
    clock.advance(5_000);
    const second = await start(await folders.crash(folder), clock);
    const lost = second.lost.map(({ id, openedAtMs, claims }) => ({
      id,
      openedAtMs,
      claims: claims.map((each) => [each.account.id, each.amount]),
    }));
    assert.deepEqual(lost, [
      { id: "lost", openedAtMs: Date.parse("2026-08-03T12:00:00Z"), claims: [[day.id, 150n]] },
    ]);
    assert.deepEqual(await numbers(second, [day, slots]), [
      { used: 40n, held: 150n, left: 810n },
      { used: 0n, held: 0n, left: 2n },
    ]);
    await second.settle("lost", [{ accountId: day.id, amount: 150n }]);
    assert.deepEqual(await numbers(second, [day]), [{ used: 190n, held: 0n, left: 810n }]);
    assert.equal(second.openHolds(), 0);
  });

  it("knows what lost exchanges were about, also those without an account, and after a checkpoint", async () => {
    const [clock, folder] = [manualClock("2026-08-03T12:00:00Z"), await folders.make()];
    const first = await start(folder, clock, { segmentBytes: 1 });
    await first.reserve(
      "second offer",
      [[claim(day, 2_000n)], [claim(day, 1n)]],
      (offer) => `offer ${offer}`,
    );
    await first.reserve("no account", [[]], () => "ä");
    await first.reserve("grown", [[]], () => "small");
    await first.adjust("grown", [claim(day, 1n)], () => "large");
    await first.reserve("nothing told", [[]]);
    await first.reserve("settled", [[]], () => "over");
    await first.settle("settled", []);
    const second = await start(await folders.crash(folder), clock);
    assert.deepEqual(
      second.lost.map(({ id, about }) => [id, about]),
      [
        ["second offer", "offer 1"],
        ["no account", "ä"],
        ["grown", "large"],
        ["nothing told", undefined],
      ],
    );
  });

  it("charges a lost hold once, however often it crashes while doing so", async () => {
    const [clock, folder] = [manualClock("2026-08-03T12:00:00Z"), await folders.make()];
    const first = await start(folder, clock);
    await first.reserve("lost", [[claim(day, 100n)]]);
    let crashed = await folders.crash(folder);
    for (let times = 0; times < 3; times++) {
      const again = await start(crashed, clock);
      if (times === 1) await again.settle("lost", [{ accountId: day.id, amount: 100n }]);
      assert.equal(again.lost.length, times < 2 ? 1 : 0);
      crashed = await folders.crash(crashed);
    }
    const last = await start(crashed, clock);
    assert.deepEqual(await numbers(last, [day]), [{ used: 100n, held: 0n, left: 900n }]);
  });

  it("says no to a second process, and yes once the first is gone", async () => {
    const [clock, folder] = [manualClock("2026-08-03T12:00:00Z"), await folders.make()];
    const first = await start(folder, clock);
    await assert.rejects(openLedger(folder, clock), hasCode("ledger_unavailable"));
    await first.close();
    await start(folder, clock);
  });

  it("takes over a folder whose process was killed", async () => {
    const [clock, folder] = [manualClock("2026-08-03T12:00:00Z"), await folders.make()];
    await writeFile(join(folder, "lock.sock"), "");
    await start(folder, clock);
  });
});

describe("a journal that was cut at any byte", () => {
  it("opens as it was after the last whole write", async () => {
    const [clock, folder] = [manualClock("2026-08-03T23:59:00Z"), await folders.make()];
    const ledger = await start(folder, clock);
    const path = join(folder, "journal-0000000001.bin");
    const states: { readonly bytes: number; readonly numbers: unknown; readonly holds: number }[] = [];
    const note = async () => {
      states.push({
        bytes: (await stat(path)).size,
        numbers: await numbers(ledger, all),
        holds: ledger.openHolds(),
      });
    };
    await note();
    const script: (() => unknown)[] = [
      () => ledger.reserve("a", [[claim(day, 10n), claim(slots, 1n)]]),
      () => ledger.reserve("b", [all.map((on) => claim(on, 1n))]),
      () => ledger.adjust("a", [claim(day, 25n)]),
      () =>
        ledger.settle(
          "b",
          all.map(({ id }) => ({ accountId: id, amount: 1n })),
        ),
      () => ledger.reserve("c", [[claim(account("day", 2_000n), 30n)]]),
      () => ledger.reset(day.id, "someone"),
      () => ledger.grant(day.id, 500n, "someone"),
      () => ledger.settle("a", [{ accountId: day.id, amount: 24n }]),
    ];
    for (const action of script) {
      await action();
      await note();
    }
    const whole = await readFile(path);
    assert.equal(whole.length, states.at(-1)?.bytes);
    const opensAt = async (bytes: number, cut: string) => {
      await writeFile(join(cut, "journal-0000000001.bin"), whole.subarray(0, bytes));
      const again = createMemoryLedger({ clock });
      const recovered = await recover(cut, again.state);
      const expected = states.findLast((state) => state.bytes <= bytes);
      assert.equal(recovered.tornBytes, bytes - (expected?.bytes ?? 0));
      assert.equal(again.openHolds(), expected?.holds);
      assert.deepEqual(await numbers(again, all), expected?.numbers);
    };
    const lanes = 16;
    await Promise.all(
      Array.from({ length: lanes }, async (_, lane) => {
        const cut = await folders.make();
        for (let bytes = lane; bytes <= whole.length; bytes += lanes) await opensAt(bytes, cut);
      }),
    );
  });

  it("is not opened when the damage is not at its end", async () => {
    const [clock, folder] = [manualClock("2026-08-03T12:00:00Z"), await folders.make()];
    const first = await start(folder, clock);
    await first.reserve("a", [[claim(day, 10n)]]);
    const crashed = await folders.crash(folder);
    await writeFile(join(crashed, "journal-0000000002.bin"), "");
    await truncate(join(crashed, "journal-0000000001.bin"), 20);
    await assert.rejects(openLedger(crashed, clock), hasCode("ledger_unavailable"));
    await writeFile(join(crashed, "journal-0000000004.bin"), "");
    await assert.rejects(openLedger(crashed, clock), hasCode("ledger_unavailable"));
  });
});

describe("a checkpoint", () => {
  it("keeps the journal bounded, and is what the next start begins from", async () => {
    const [clock, folder] = [manualClock("2026-08-03T12:00:00Z"), await folders.make()];
    const ledger = await start(folder, clock, { segmentBytes: 10_000 });
    let call = 0;
    const work = async (until: number) => {
      for (; call < until; call++) {
        await ledger.reserve(`${call}`, [[claim(account("day", 10n ** 9n), 10n)]]);
        if (call % 100 !== 0) await ledger.settle(`${call}`, [{ accountId: day.id, amount: 3n }]);
      }
    };
    const bytes = async () => {
      const names = (await readdir(folder)).filter((name) => name.endsWith(".bin"));
      const sizes = await Promise.all(
        names.map((name) =>
          stat(join(folder, name)).then(
            ({ size }) => size,
            () => 0,
          ),
        ),
      );
      return sizes.reduce((sum, size) => sum + size, 0);
    };
    await work(1_000);
    // A checkpoint is made beside the work: it may take its time, and is made in the end.
    while ((await bytes()) > 50_000 && call < 20_000) await work(call + 100);
    assert.ok((await bytes()) <= 50_000);
    const again = await start(await folders.crash(folder), clock);
    assert.equal(again.lost.length, call / 100);
    assert.deepEqual(await numbers(again, [day]), await numbers(ledger, [day]));
  });

  it("is refused when it is damaged, at any byte", async () => {
    const [clock, folder] = [manualClock("2026-08-03T12:00:00Z"), await folders.make()];
    const first = await start(folder, clock);
    await first.reserve("a", [[claim(day, 10n)]]);
    await first.settle("a", []);
    await first.close();
    const path = join(folder, "checkpoint.bin");
    const whole = await readFile(path);
    for (let at = 0; at < whole.length; at += 7) {
      const damaged = Buffer.from(whole);
      damaged[at] = (damaged[at] ?? 0) ^ 0xff;
      await writeFile(path, damaged);
      await assert.rejects(openLedger(folder, clock), hasCode("ledger_unavailable"));
      await writeFile(path, whole.subarray(0, at));
      await assert.rejects(openLedger(folder, clock), hasCode("ledger_unavailable"));
    }
    await writeFile(path, whole);
    await start(folder, clock);
  });
});

describe("an account at work by hand", () => {
  it("is reset and raised for its window, over restarts too, and says who asked", async () => {
    const [clock, folder] = [manualClock("2026-08-03T12:00:00Z"), await folders.make()];
    const told: unknown[] = [];
    const ledger = await start(folder, clock, {
      onEvent: (event) => told.push({ kind: event.kind, by: "by" in event ? event.by : undefined }),
    });
    await ledger.reserve("a", [[claim(day, 1_000n)]]);
    await ledger.settle("a", [{ accountId: day.id, amount: 1_000n }]);
    await ledger.grant(day.id, 200n, "ann");
    assert.equal((await ledger.reserve("b", [[claim(day, 200n)]])).kind, "taken");
    await ledger.settle("b", [{ accountId: day.id, amount: 200n }]);
    await ledger.reset(day.id, "bob");
    assert.deepEqual(told, [
      { kind: "granted", by: "ann" },
      { kind: "reset", by: "bob" },
    ]);
    const again = await start(await folders.crash(folder), clock);
    assert.deepEqual(await numbers(again, [day]), [{ used: 0n, held: 0n, left: 1_200n }]);
    clock.advance(86_400_000);
    assert.deepEqual(await numbers(again, [day]), [{ used: 0n, held: 0n, left: 1_000n }]);
    await assert.rejects(again.grant(account("open", 1n).id, 1n, "ann"), hasCode("invalid_request"));
    await assert.rejects(again.reset("no such account", "ann"), hasCode("invalid_request"));
  });

  it("is listed with its balance while it says something", async () => {
    const [clock, folder] = [manualClock("2026-08-03T12:00:00Z"), await folders.make()];
    const ledger = await start(folder, clock);
    await ledger.reserve("a", [[claim(day, 10n), claim(account("minute", 60n), 30n)]]);
    await ledger.settle("a", [{ accountId: day.id, amount: 4n }]);
    const accounts = await ledger.accounts();
    const listed = accounts.map((balance) => [balance.account.name, balance.account.key, balance.used]);
    assert.deepEqual(listed, [["day", "tenant_id=acme", 4n]]);
    clock.advance(86_400_000);
    assert.deepEqual(await ledger.accounts(), []);
  });
});

function hasCode(code: string) {
  return (error: unknown) => error instanceof GatewayError && error.code === code;
}

async function numbers(ledger: Ledger, accounts: readonly Account[]) {
  const balances = await ledger.read(accounts);
  return balances.map(({ used, held, left }) => ({ used, held, left }));
}
