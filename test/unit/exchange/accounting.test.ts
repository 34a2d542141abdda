import assert from "node:assert/strict";
import { hash } from "node:crypto";
import { describe, it } from "node:test";
import { retry } from "../../../src/exchange/attempt/retrying.ts";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import type { PlannedTarget } from "../../../src/plan/plan.ts";
import type { StoredRecord } from "../../../src/usage/read.ts";
import { Random } from "../../support/core/random.ts";
import {
  answerError,
  answerWhole,
  endStream,
  leave,
  logAttempt,
  streamPieces,
  type ToldUsage,
} from "../../support/envoy/play-envoy.ts";
import { ExchangeWorld } from "../../support/exchange/exchange-world.ts";
import { balancesOf } from "../../support/ledger/balance.ts";

const steps = 80;
const tenants = ["acme", "zeta", "tiny"] as const;
const backends = ["first", "second"] as const;
type Backend = (typeof backends)[number];

const config = `
version: 1
server: { address: "unix:./t.sock" }
backends:
  first: { provider: openai-compatible, endpoint: "http://127.0.0.1:9/v1" }
  second: { provider: openai-compatible, endpoint: "http://127.0.0.1:9/v1" }
models:
  both: { targets: [first/gpt-4.1-mini, second/gpt-4.1], timeouts: { attempt: 300ms } }
identity: [{ type: api-key, file: ./keys.yaml }]
prices: [./prices.yaml]
budgets:
  - { name: month, per: [tenant_id], usd: 1000, window: month, overrides: [{ match: { tenant_id: tiny }, usd: 0.002 }] }
  - { name: each, per: [backend], usd: 1000, window: month }
`;
const keys = `keys:
${tenants.map((name) => `  - { name: ${name}, sha256: ${hash("sha256", `key-${name}`)}, tenant_id: ${name} }`).join("\n")}
`;

/** Pico-dollars a token: dollars a million tokens times a million. */
interface Price {
  readonly input: bigint;
  readonly cached: bigint;
  readonly output: bigint;
}

/** What a provider has in its books of one call. */
interface Bill {
  readonly backend: Backend;
  readonly price: Price;
  readonly usage: ToldUsage;
  /** The provider's usage reached us. */
  readonly told: boolean;
}

/** An exchange under way. */
interface Open {
  readonly exchange: Exchange;
  readonly prices: Readonly<Record<Backend, Price>>;
  /** Its answer has begun: who gives it, and what it is billed. */
  streaming: Bill | undefined;
}

/** Random traffic, and the providers' books beside it. */
class Traffic {
  readonly #random: Random;
  readonly #world: ExchangeWorld;
  #entries: string;
  #prices: Readonly<Record<Backend, Price>>;
  #open: Open[] = [];
  /** By exchange. */
  readonly bills = new Map<string, Bill[]>();

  private constructor(world: ExchangeWorld, random: Random, prices: Record<Backend, Price>) {
    this.#world = world;
    this.#random = random;
    this.#prices = prices;
    this.#entries = entriesOf(prices, startDay);
  }

  static async start(random: Random): Promise<{ traffic: Traffic; world: ExchangeWorld }> {
    const prices = { first: randomPrice(random), second: randomPrice(random) };
    const files = { "keys.yaml": keys, "prices.yaml": pricesFile(entriesOf(prices, startDay)) };
    const world = await ExchangeWorld.start({ config, files, startAt: `${startDay}T00:00:00Z` });
    return { world, traffic: new Traffic(world, random, prices) };
  }

  async step(): Promise<void> {
    this.#world.clock.advance(this.#random.below(60_000));
    if (this.#random.once(14)) return await this.#reprice();
    if (this.#random.once(25)) return await this.crash();
    if (this.#open.length === 0 || this.#random.once(2)) return await this.#ask();
    await this.#goOn(this.#open.splice(this.#random.below(this.#open.length), 1)[0]!);
  }

  /** Brings what is under way to an end. */
  async finish(): Promise<void> {
    while (this.#open.length > 0) await this.#goOn(this.#open.pop()!);
    await this.#world.idle();
  }

  /** Providers bill what they were asked for all the same. */
  async crash(): Promise<void> {
    for (const one of this.#open.splice(0))
      this.#bill(one.exchange, this.#untold(one, one.streaming?.backend ?? "first"));
    await this.#world.crash();
  }

  async #reprice(): Promise<void> {
    this.#world.clock.advance(86_400_000);
    const day = new Date(this.#world.clock.nowMs()).toISOString().slice(0, 10);
    this.#prices = { first: randomPrice(this.#random), second: randomPrice(this.#random) };
    this.#entries += entriesOf(this.#prices, day);
    await this.#world.reload("prices.yaml", pricesFile(this.#entries));
  }

  async #ask(): Promise<void> {
    const { exchange, outcome } = await this.#world.exchanges.ask(
      {
        model: "both",
        stream: this.#random.once(2),
        stream_options: { include_usage: true },
        max_tokens: outputMax,
        messages: [{ role: "user", content: "word ".repeat(this.#random.below(300)) }],
      },
      "/v1/chat/completions",
      { authorization: `Bearer key-${this.#random.pick(tenants)}` },
    );
    this.bills.set(exchange.id, []);
    if (outcome.kind === "reply") exchange.closing.close();
    else this.#open.push({ exchange, prices: this.#prices, streaming: undefined });
  }

  async #goOn(one: Open): Promise<void> {
    const { exchange } = one;
    if (one.streaming !== undefined) return this.#endStream(one, one.streaming);
    if (this.#random.once(8)) {
      // An answer nobody waits for any more.
      leave(exchange);
      return this.#bill(exchange, this.#untold(one, "first"));
    }
    if (this.#random.once(10)) return answerError(exchange, 1, "first", 400);
    if (this.#random.once(3)) return await this.#fallBack(one);
    this.#answer(one, 1, "first");
  }

  /** The first try fails, or runs into its deadline while the provider goes on. */
  async #fallBack(one: Open): Promise<void> {
    const { exchange } = one;
    const late = this.#random.once(2);
    this.#world.clock.advance(late ? 400 : 10);
    if (late) this.#bill(exchange, this.#untold(one, "first"));
    const outcome = await retry(exchange, 2, "second");
    logAttempt(exchange, "first", late ? undefined : 503, late ? ["UT"] : []);
    if (outcome.kind === "reply") return exchange.closing.close();
    if (this.#random.once(4)) return answerError(exchange, 2, "second", 404);
    this.#answer(one, 2, "second");
  }

  #answer(one: Open, attempt: number, backend: Backend): void {
    const { exchange } = one;
    const bill = { backend, price: one.prices[backend], usage: randomUsage(this.#random), told: true };
    if (exchange.body.facts?.stream !== true) {
      this.#bill(exchange, bill);
      answerWhole(exchange, attempt, bill.usage);
      return;
    }
    streamPieces(
      exchange,
      attempt,
      this.#random.list(20, () => this.#random.pick(["toll ", "gate ", "way "])),
    );
    this.#open.push({ ...one, streaming: this.#random.once(2) ? bill : this.#untold(one, backend) });
  }

  #endStream({ exchange }: Open, bill: Bill): void {
    this.#bill(exchange, bill);
    endStream(exchange, bill.told ? bill.usage : undefined);
  }

  /** What a provider bills without saying so: what it was sent, and at most what it was allowed. */
  #untold({ exchange, prices }: Open, backend: Backend): Bill {
    const target = exchange.forwarded?.plan.targets.find((one) => one.target.backend === backend);
    const usage = { input: target?.inputTokens ?? 0, output: this.#random.below(outputMax), cached: 0 };
    return { backend, price: prices[backend], usage, told: false };
  }

  #bill(exchange: Exchange, bill: Bill): void {
    this.bills.get(exchange.id)?.push(bill);
  }
}

const startDay = "2026-03-01";
const outputMax = 200;

function randomPrice(random: Random): Price {
  const input = 100_001 + random.below(9_000_000);
  return {
    input: BigInt(input),
    cached: BigInt(random.below(input)),
    output: BigInt(input + random.below(20_000_000)),
  };
}

function randomUsage(random: Random): ToldUsage {
  const input = random.below(5_000);
  return { input, output: random.below(outputMax), cached: random.below(input + 1) };
}

function entriesOf(prices: Readonly<Record<Backend, Price>>, from: string): string {
  const usd = (pico: bigint): string => (Number(pico) / 1e6).toFixed(6);
  return backends
    .map((backend) => {
      const { input, cached, output } = prices[backend];
      return `  - { model: "${backend}/*", from: ${from}, input: ${usd(input)}, cachedInput: ${usd(cached)}, output: ${usd(output)} }\n`;
    })
    .join("");
}

function pricesFile(entries: string): string {
  return `version: 1\nunknownModel: refuse\nprices:\n${entries}`;
}

function picoOf({ price, usage: { input, cached, output } }: Bill): bigint {
  return price.input * BigInt(input - cached) + price.cached * BigInt(cached) + price.output * BigInt(output);
}

function targetOn(backend: Backend): PlannedTarget {
  const rate = { input: 0n, output: 0n, tiers: [], version: "test" };
  const target = { backend, model: "m" };
  return { target, inputTokens: 0, inputTokensMax: 0, rate, costMaxNanoUsd: 0n };
}

/** What a record says that one backend's attempts cost; of a lost exchange only its accounts are known. */
function costOn(record: StoredRecord, backend: Backend): bigint {
  if (record.ending === "lost") {
    const accounts = record.accounts as readonly { name: string; key: string; charged: string }[];
    const own = accounts.find(({ name, key }) => name === "each" && key.includes(backend));
    return BigInt(own?.charged ?? 0);
  }
  const attempts = (record.attempts ?? []) as readonly { target: string; cost_nano_usd: string }[];
  return attempts
    .filter(({ target }) => target.startsWith(`${backend}/`))
    .reduce((sum, { cost_nano_usd }) => sum + BigInt(cost_nano_usd), 0n);
}

/** The record says what the bills say: to the nano-dollar where the provider told its usage, else within what the record allows. */
function checkRecord(record: StoredRecord, bills: readonly Bill[]): void {
  const cost = BigInt(String(record.cost_nano_usd));
  const billed = bills.reduce((sum, bill) => sum + (picoOf(bill) + 999n) / 1_000n, 0n);
  const exact = record.ending !== "lost" && bills.every((bill) => bill.told);
  const difference = cost > billed ? cost - billed : billed - cost;
  const allowed = exact ? 0n : BigInt(String(record.cost_max_nano_usd));
  const what = `${record.exchange_id} ${record.ending}: recorded ${cost}, billed ${billed}, may differ by ${allowed}`;
  assert.ok(difference <= allowed, what);
}

describe("what was spent", () => {
  for (const seed of [1, 2, 3, 4]) {
    it(`is the same by records, ledger and bills, through faults, price changes and crashes (seed ${seed})`, async () => {
      const { traffic, world } = await Traffic.start(new Random(seed));
      try {
        for (let step = 0; step < steps; step++) await traffic.step();
        await traffic.crash();
        for (let step = 0; step < steps; step++) await traffic.step();
        await traffic.finish();
        const records = await world.records();
        assert.deepEqual(
          records.map((one) => String(one.exchange_id)).sort(),
          [...traffic.bills.keys()].sort(),
        );
        for (const record of records)
          checkRecord(record, traffic.bills.get(String(record.exchange_id)) ?? []);
        let used = 0n;
        for (const tenant_id of tenants) {
          const [balance] = await balancesOf(world.exchanges.services.ledger, world.exchanges.snapshot, {
            tenant_id,
          });
          assert.equal(balance?.held, 0n);
          used += balance?.used ?? 0n;
        }
        const recorded = records.reduce((sum, one) => sum + BigInt(String(one.cost_nano_usd)), 0n);
        assert.equal(used, recorded);
        for (const backend of backends) {
          const balances = await balancesOf(world.exchanges.services.ledger, world.exchanges.snapshot, {}, [
            targetOn(backend),
          ]);
          const balance = balances.find(({ account }) => account.backend === backend);
          assert.equal(balance?.held, 0n);
          assert.equal(
            balance?.used,
            records.reduce((sum, record) => sum + costOn(record, backend), 0n),
          );
        }
        assert.deepEqual(world.exchanges.bugs, []);
      } finally {
        await world.close();
      }
    });
  }
});
