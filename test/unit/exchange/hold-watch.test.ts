import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../../src/core/clock.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import {
  beginAnswer,
  type Exchanges,
  endAnswer,
  exchangesOn,
  passText,
  snapshotOf,
} from "../../support/exchange/exchanges.ts";

/** A token costs 1,000 nano-dollars in and out. */
const config = (budgets: string) => `
version: 1
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 1 } }
models: { one: { targets: [house/gpt-4.1] } }
identity: [{ type: anonymous, tenant_id: local }]
${budgets}
`;
const request = { model: "one", max_tokens: 20, stream: true, messages: [{ role: "user", content: "hi" }] };
/** Ten tokens, whatever is before them. */
const tenTokens = " one two three four five six seven eight nine ten";

function start(usd: string, ledger: Ledger = new MemoryLedger({ clock: systemClock })): Exchanges {
  return startWith(`budgets: [{ name: day, usd: ${usd}, window: day }]`, ledger);
}

function startWith(rules: string, ledger: Ledger = new MemoryLedger({ clock: systemClock })): Exchanges {
  return exchangesOn(snapshotOf(config(rules)), ledger, systemClock);
}

async function stream(exchanges: Exchanges) {
  const { exchange, outcome } = await exchanges.ask(request);
  assert.equal(outcome.kind, "forward");
  beginAnswer(exchange, "text/event-stream");
  return exchange;
}

describe("a stream whose provider does not heed the cap", () => {
  it("asks for no more once it is settled, though a long piece of it is still under way", async () => {
    let adjusted = 0;
    const ledger = new MemoryLedger({ clock: systemClock });
    const adjust = ledger.adjust.bind(ledger);
    ledger.adjust = (...args) => {
      adjusted += 1;
      return adjust(...args);
    };
    const exchanges = start("1", ledger);
    const exchange = await stream(exchanges);
    passText(exchange, tenTokens);
    await exchanges.close(exchange);
    const before = adjusted;
    for (let at = 0; at < 200; at++) passText(exchange, tenTokens);
    assert.equal(adjusted, before);
  });

  it("goes on while the budget has room, its hold ahead of its output, and is charged what it had", async () => {
    const exchanges = start("1");
    const exchange = await stream(exchanges);
    const heldAtFirst = exchange.forwarded?.plan.hold.costNanoUsd ?? 0n;
    for (let at = 0; at < 200; at++) assert.match(passText(exchange, tenTokens), /nine ten/);
    const held = exchange.forwarded?.plan.hold.costNanoUsd ?? 0n;
    assert.ok(held >= 2_000_000n && heldAtFirst < 100_000n, `${held} after ${heldAtFirst}`);
    const [claim] = exchange.forwarded?.claims ?? [];
    assert.equal(claim?.amount, held);
    endAnswer(exchange, { input: 8, output: 2_000 });
    await exchanges.close(exchange);
    const [balance] = await exchanges.services.ledger.read(
      (exchange.forwarded?.claims ?? []).map(({ account }) => account),
    );
    assert.deepEqual([balance?.used, balance?.held], [2_008_000n, 0n]);
    assert.equal(exchanges.records[0]?.ending, "completed");
    assert.equal(exchanges.records[0]?.held_nano_usd, held.toString());
  });

  it("is cut with an error event where the budget has none, near what was held, and charged what passed", async () => {
    const exchanges = start("0.0002");
    const exchange = await stream(exchanges);
    let passed = 0;
    let last = "";
    while (exchange.answer.end === undefined) {
      last = passText(exchange, tenTokens);
      passed += 10;
      assert.ok(passed < 100, "it was not cut");
    }
    assert.ok(passed > 20, "what is held may pass");
    assert.match(last, /nine ten[\s\S]*data: \{"error":\{"message":"budget day[\s\S]*insufficient_quota/);
    await exchanges.close(exchange);
    const [record] = exchanges.records;
    assert.deepEqual([record?.ending, record?.error_code], ["cut_by_policy", "insufficient_quota"]);
    assert.equal(record?.output_tokens, passed);
    assert.equal(exchanges.limited.length, 1);
    assert.equal(exchanges.services.ledger.openHolds(), 0);
    assert.deepEqual(exchanges.bugs, []);
  });

  it("finishes where the budget says so, charged all of it, and counts as what it would refuse", async () => {
    const exchanges = startWith("budgets: [{ name: day, usd: 0.0002, window: day, overrun: finish }]");
    const exchange = await stream(exchanges);
    for (let at = 0; at < 100; at++) assert.match(passText(exchange, tenTokens), /nine ten/);
    endAnswer(exchange, { input: 8, output: 1_000 });
    await exchanges.close(exchange);
    const [balance] = await exchanges.services.ledger.read(
      (exchange.forwarded?.claims ?? []).map(({ account }) => account),
    );
    assert.deepEqual([balance?.used, balance?.held], [1_008_000n, 0n]);
    assert.equal(exchanges.records[0]?.ending, "completed");
    assert.equal(exchanges.limited.length, 0);
    assert.equal(exchanges.observed.length, 1);
    assert.equal((await exchanges.ask(request)).outcome.kind, "reply", "the budget is used up");
  });

  it("is cut all the same by another rule that does not", async () => {
    const exchanges = startWith(`
budgets: [{ name: day, usd: 0.0002, window: day, overrun: finish }]
limits: [{ name: tokens, tokens: 600, window: day }]`);
    const exchange = await stream(exchanges);
    let passed = 0;
    while (exchange.answer.end === undefined && passed < 2_000) {
      passText(exchange, tenTokens);
      passed += 10;
    }
    assert.ok(passed > 200 && passed < 1_000, `${passed}`);
    await exchanges.close(exchange);
    assert.equal(exchanges.records[0]?.ending, "cut_by_policy");
    assert.equal(exchanges.limited[0]?.name, "tokens");
  });

  it("is cut when the larger hold cannot be written down", async () => {
    const ledger = new MemoryLedger({ clock: systemClock });
    const failing: Ledger = Object.assign(Object.create(ledger), {
      reserve: ledger.reserve.bind(ledger),
      settle: ledger.settle.bind(ledger),
      read: ledger.read.bind(ledger),
      openHolds: () => ledger.openHolds(),
      adjust: async () => {
        throw new Error("the disk is on fire");
      },
    });
    const exchanges = start("1", failing);
    const exchange = await stream(exchanges);
    for (let at = 0; at < 6; at++) {
      passText(exchange, tenTokens);
      await new Promise(setImmediate);
    }
    assert.equal(exchange.answer.end, "told");
    await exchanges.close(exchange);
    assert.equal(exchanges.records[0]?.ending, "cut_by_policy");
    assert.equal(ledger.openHolds(), 0);
  });

  it("asks for no more than it was given while the provider heeds the cap", async () => {
    const exchanges = start("0.00004");
    const exchange = await stream(exchanges);
    passText(exchange, tenTokens);
    passText(exchange, tenTokens);
    assert.equal(exchange.answer.end, undefined);
    endAnswer(exchange, { input: 8, output: 20 });
    await exchanges.close(exchange);
    assert.equal(exchanges.records[0]?.ending, "completed");
    assert.deepEqual(exchanges.limited, []);
  });
});
