import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../../src/core/clock.ts";
import { closeLost, type LostExchange } from "../../../src/exchange/settle/lost-exchanges.ts";
import type { Account } from "../../../src/ledger/ledger.ts";
import { createMemoryLedger } from "../../../src/ledger/memory.ts";
import type { StoredRecord } from "../../../src/usage/read.ts";
import type { UsageRecord } from "../../../src/usage/record.ts";

const budget: Account = {
  id: "month|tenant_id=acme|month|nano_usd",
  name: "month",
  key: "tenant_id=acme",
  unit: "nano_usd",
  window: { kind: "calendar", period: "month", timeZone: "UTC" },
  limit: 1_000n,
};
const charged: LostExchange = {
  id: "exchange-1",
  openedAtMs: 1_000,
  claims: [{ account: budget, amount: 300n }],
};

async function close(records: readonly StoredRecord[], hold: LostExchange = charged) {
  const ledger = createMemoryLedger({ clock: systemClock });
  await ledger.reserve(hold.id, [hold.claims]);
  const written: UsageRecord[] = [];
  const services = {
    ledger,
    records: (async function* () {
      yield* records;
    })(),
    record: async (record: UsageRecord) => void written.push(record),
  };
  const lost = await closeLost([hold], services);
  const [balance] = await ledger.read([budget]);
  return { lost, written, used: balance?.used, open: ledger.openHolds() };
}

describe("closeLost()", () => {
  it("charges a hold that a crash left open whole, and records it as lost", async () => {
    const { lost, written, used, open } = await close([]);
    assert.deepEqual({ lost, used, open }, { lost: 1, used: 300n, open: 0 });
    const [record] = written;
    assert.equal(record?.ending, "lost");
    assert.equal(record?.exchange_id, "exchange-1");
    assert.equal(record?.tenant_id, "acme");
    assert.equal(record?.cost_nano_usd, "300");
    assert.equal(record?.time, "1970-01-01T00:00:01.000Z");
  });

  it("records who it was, what was asked of whom and what was held, with accounts or without", async () => {
    const about = JSON.stringify({
      tenant_id: "acme",
      user_id: "ada",
      workflow: "invoices",
      model_provider: "openai",
      model_route: "house/gpt-4.1",
      requested_model: "one",
      held_nano_usd: "300",
    });
    for (const claims of [charged.claims, []]) {
      const { written, open } = await close([], { ...charged, claims, about });
      assert.equal(open, 0);
      const [record] = written;
      assert.deepEqual({ ...record, ...JSON.parse(about) }, record);
      assert.deepEqual([record?.cost_nano_usd, record?.cost_max_nano_usd], ["300", "300"]);
    }
  });

  it("closes a hold as its record says where the crash came between record and settlement", async () => {
    const accounts = [{ name: "month", key: "tenant_id=acme", window: "month", charged: "40" }];
    const { lost, written, used, open } = await close([
      { exchange_id: "other" },
      { exchange_id: "exchange-1", accounts },
    ]);
    assert.deepEqual({ lost, used, open }, { lost: 0, used: 40n, open: 0 });
    assert.deepEqual(written, []);
  });
});

describe("closeLost() of a rule with two units", () => {
  it("gives each account its own charge", async () => {
    const [requests, tokens] = (["requests", "tokens"] as const).map(
      (unit): Account => ({ ...budget, id: `rate|||${unit}`, name: "rate", key: "", unit }),
    );
    const ledger = createMemoryLedger({ clock: systemClock });
    const claims = [
      { account: requests!, amount: 1n },
      { account: tokens!, amount: 900n },
    ];
    await ledger.reserve("exchange-1", [claims]);
    const charged = { name: "rate", key: "", window: "month" };
    const accounts = [
      { ...charged, charged: "1" },
      { ...charged, charged: "250" },
    ];
    await closeLost([{ id: "exchange-1", openedAtMs: 1_000, claims }], {
      ledger,
      records: (async function* () {
        yield { exchange_id: "exchange-1", accounts } as StoredRecord;
      })(),
      record: async () => assert.fail("it has a record"),
    });
    const balances = await ledger.read([requests!, tokens!]);
    assert.deepEqual(
      balances.map(({ used }) => used),
      [1n, 250n],
    );
  });
});
