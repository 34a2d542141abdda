import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import { openLocalLedger } from "../../../src/ledger/local-ledger.ts";
import { answerWhole } from "../../support/envoy/play-envoy.ts";
import { ExchangeWorld } from "../../support/exchange/exchange-world.ts";
import { type DiskFault, FaultyDisk, failingFaults } from "../../support/faults/faulty-disk.ts";
import { balancesOf } from "../../support/ledger/balance.ts";

const hourMs = 3_600_000;
/** Nano-dollars a token, in and out alike. */
const firstPrice = 1_000;
const laterPrice = 3_000;

const config = `
version: 1
backends: { house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9/v1" } }
models: { one: { targets: [house/gpt-4.1] } }
identity: [{ type: api-key, file: ./keys.yaml }]
prices: [./prices.yaml]
limits: [{ name: parallel, concurrent: 3 }]
budgets: [{ name: month, per: [tenant_id], usd: 1000, window: month }]
`;
const keys = `keys: [{ name: acme, sha256: ${hash("sha256", "key-acme")}, tenant_id: acme }]\n`;
const pricesFile = (nanoUsd: number) =>
  `version: 1\nunknownModel: refuse\nprices: [{ model: "house/*", from: 2026-03-01, input: ${nanoUsd / 1_000}, output: ${nanoUsd / 1_000} }]\n`;

/** What a provider has in its journal of one call. */
interface Call {
  readonly tokens: number;
  readonly priceNanoUsd: number;
}

/** One run of the matrix: a world, its disk, and the provider's journal beside it. */
class Run {
  readonly disk = new FaultyDisk();
  readonly provider = new Map<string, Call>();
  priceNanoUsd = firstPrice;
  isKilled = false;
  #world!: ExchangeWorld;

  static async start(): Promise<Run> {
    const run = new Run();
    run.#world = await ExchangeWorld.start({
      config,
      files: { "keys.yaml": keys, "prices.yaml": pricesFile(firstPrice) },
      startAt: "2026-03-10T12:00:00Z",
      disk: run.disk,
    });
    return run;
  }

  get world(): ExchangeWorld {
    return this.#world;
  }

  /** Sends a request; undefined: it was refused, and reaches no provider. */
  async ask(): Promise<Exchange | undefined> {
    const { exchange, outcome } = await this.#world.exchanges.ask(
      { model: "one", max_tokens: 100, messages: [{ role: "user", content: "hello" }] },
      "/v1/chat/completions",
      { authorization: "Bearer key-acme" },
    );
    if (outcome.kind !== "reply") {
      this.provider.set(exchange.id, { tokens: 60, priceNanoUsd: this.priceNanoUsd });
      return exchange;
    }
    exchange.closing.close();
    return undefined;
  }

  answer(exchange: Exchange | undefined): void {
    if (exchange !== undefined) answerWhole(exchange, 1, { input: 10, output: 50, cached: 0 });
  }

  /** Waits until the disk's fault is over for ledger and usage log. */
  async healed(): Promise<void> {
    this.disk.fault = undefined;
    while (!this.#world.isSound) await setTimeout(2);
  }

  /** Σ settled + Σ open = ledger = the provider's journal × price; nothing open; nothing odd in the next start. */
  async check(): Promise<void> {
    await this.#world.idle();
    const records = await this.#world.records();
    const { ledger } = this.#world.exchanges.services;
    assert.equal(ledger.openHolds(), 0);
    const ids = records.map((record) => String(record.exchange_id));
    assert.equal(new Set(ids).size, ids.length, "one record each");
    let recorded = 0n;
    for (const record of records) {
      const call = this.provider.get(String(record.exchange_id));
      const billed = call === undefined ? 0n : BigInt(call.tokens * call.priceNanoUsd);
      const cost = BigInt(String(record.cost_nano_usd));
      const difference = cost > billed ? cost - billed : billed - cost;
      const allowed = record.ending === "completed" ? 0n : BigInt(String(record.cost_max_nano_usd));
      assert.ok(difference <= allowed, `${record.ending}: recorded ${cost}, billed ${billed} ± ${allowed}`);
      if (record.ending === "lost")
        assert.deepEqual([record.tenant_id, record.model_route], ["acme", "house/gpt-4.1"]);
      recorded += cost;
    }
    for (const id of this.provider.keys()) assert.ok(ids.includes(id), `${id} has a record`);
    const balances = await balancesOf(ledger, this.#world.exchanges.snapshot, { tenant_id: "acme" });
    const month = balances.find(({ account }) => account.name === "month");
    assert.deepEqual([month?.used, month?.held], [recorded, 0n]);
    for (const { account, held } of balances) assert.equal(held, 0n, account.name);
    assert.equal(await this.#world.crash(), 0, "the next start finds nothing lost");
    assert.deepEqual(this.#world.exchanges.bugs, []);
  }
}

/** What happens beside the disk's fault, while one exchange is under way. A new kind of event is one more row. */
const events: Readonly<Record<string, (run: Run, through: Exchange | undefined) => Promise<void>>> = {
  "nothing else": async () => {},
  "a clock set ahead and back": async ({ world }) => {
    world.clock.jump(30 * hourMs);
    await setTimeout(2);
    world.clock.jump(-30 * hourMs);
  },
  "a reload with other prices": async (run) => {
    await run.world.reload("prices.yaml", pricesFile(laterPrice));
    run.priceNanoUsd = laterPrice;
  },
  "a second instance": async ({ world }) => {
    await assert.rejects(openLocalLedger({ folder: world.ledgerFolder, clock: world.clock }), /in use/);
  },
  "a kill": async (run, through) => {
    run.answer(through);
    await setTimeout(5);
    run.disk.fault = undefined;
    run.isKilled = true;
    await run.world.crash();
  },
};

const faults: readonly (DiskFault | undefined)[] = [undefined, "slow", ...failingFaults];

describe("accounts over a disk's fault", () => {
  for (const fault of faults)
    for (const [name, event] of Object.entries(events))
      it(`are the provider's: ${fault ?? "a sound disk"} × ${name}`, async () => {
        const run = await Run.start();
        try {
          run.answer(await run.ask());
          const through = await run.ask();
          run.disk.fault = fault;
          const during = await run.ask();
          await event(run, through);
          if (!run.isKilled) {
            run.answer(through);
            run.answer(during);
          }
          await setTimeout(5);
          await run.healed();
          for (let calls = 0; calls < 4; calls++) {
            const after = await run.ask();
            assert.ok(after !== undefined, "a sound disk admits");
            run.answer(after);
            await run.world.idle();
          }
          await run.check();
        } finally {
          await run.world.close();
        }
      });
});
