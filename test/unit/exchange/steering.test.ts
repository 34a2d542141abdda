import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, it } from "node:test";
import type { Interruption } from "../../../src/exchange/state/interruption.ts";
import { Steering } from "../../../src/exchange/steering.ts";
import type { Ledger } from "../../../src/ledger/ledger.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import type { Scope } from "../../../src/route/override.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import {
  beginAnswer,
  type Exchanges,
  exchangesOn,
  passText,
  snapshotOf,
} from "../../support/exchange/exchanges.ts";

const backend = (port: number, usd: number) =>
  `{ provider: openai-compatible, endpoint: "http://127.0.0.1:${port}/v1", price: { input: ${usd}, output: ${usd} } }`;
const snapshot = snapshotOf(`
version: 1
backends:
  alpha: ${backend(9900, 1)}
  beta: ${backend(9901, 0.001)}
models:
  one: { targets: [alpha/m] }
  other: { targets: [beta/m] }
  dear: { targets: [alpha/m] }
budgets:
  - { name: tiny, per: [tenant_id], usd: 0.000001, window: day, when: { model: dear }, exceeded: [{ use: other }, reject] }
identity: [{ type: anonymous, tenant_id: local }]
`);
const folder = mkdtempSync(join(tmpdir(), "tg-steering-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A request of one model; each is streamed. */
const asking = (model: string) => ({
  model,
  stream: true,
  max_tokens: 20,
  messages: [{ role: "user", content: "hi" }],
});

describe("steering", () => {
  const clock = manualClock("2026-08-03T12:00:00Z");
  let ledger: MemoryLedger;
  let exchanges: Exchanges;
  let steering: Steering;
  /** Runs while a hold is being made. */
  let whileHolding: () => Promise<unknown>;

  beforeEach(() => {
    ledger = new MemoryLedger({ clock });
    whileHolding = async () => {};
    const slow = new Proxy(ledger as Ledger, {
      get: (target, name) =>
        name !== "reserve"
          ? Reflect.get(target, name).bind(target)
          : async (...args: Parameters<Ledger["reserve"]>) => {
              await whileHolding();
              return target.reserve(...args);
            },
    });
    exchanges = exchangesOn(snapshot, slow, clock);
    const { overrides, registry } = exchanges.services;
    steering = new Steering({ clock, overrides, registry, path: join(folder, "overrides.json") });
  });
  afterEach(() => assert.deepEqual(exchanges.bugs, []));

  const stop = (scope: Scope) =>
    steering.order(steering.draft({ action: "stop", scope, reason: "why", by: "ann" }, 60_000));

  async function refused(model: string): Promise<{ readonly status: number; readonly text: string }> {
    const { exchange, outcome } = await exchanges.ask(asking(model));
    assert.ok(outcome.kind === "reply");
    await exchanges.close(exchange);
    assert.equal(ledger.openHolds(), 0);
    return { status: outcome.reply.status, text: outcome.reply.body.toString() };
  }

  it("refuses a stopped model, whose targets nobody names to the client", async () => {
    await stop({ model: "one" });
    const { status, text } = await refused("one");
    assert.equal(status, 503);
    assert.match(text, /model one is stopped until 2026-08-03T12:01:00.000Z/);
    await stop({ backend: "beta" });
    assert.doesNotMatch((await refused("other")).text, /beta/);
  });

  it("does not let a request leave that was stopped while it was being held, and gives back its hold", async () => {
    for (const scope of [{ backend: "alpha" }, { model: "one" }, { tenant: "local" }]) {
      whileHolding = () => stop(scope);
      const { status, text } = await refused("one");
      assert.equal(status, "tenant" in scope ? 403 : 503);
      assert.match(text, /stopped until/);
      assert.equal(exchanges.records.at(-1)?.cost_nano_usd, "0");
      for (const { id } of steering.list()) await steering.lift(id);
    }
  });

  it("passes over a stopped model on a budget's ladder", async () => {
    const { exchange, outcome } = await exchanges.ask(asking("dear"));
    assert.equal(outcome.kind, "forward");
    assert.equal(exchange.forwarded?.plan.targets[0]?.target.backend, "beta");
    exchange.end("downstream_reset");
    await exchanges.close(exchange);
    await stop({ model: "other" });
    assert.equal((await refused("dear")).status, 429);
  });

  it("cuts what a stop is about and nothing else, each once, and pays what came", async () => {
    const words: Interruption[] = [];
    const open = async (model: string) => {
      const { exchange } = await exchanges.ask(asking(model));
      exchange.downstream = { interrupt: (word) => void words.push(word) };
      return exchange;
    };
    const [waiting, streaming, elsewhere] = [await open("one"), await open("one"), await open("other")];
    beginAnswer(streaming, "text/event-stream");
    passText(streaming, "some words of an answer");
    assert.equal(await stop({ backend: "alpha" }), 2);
    assert.equal(await stop({ target: "alpha/m" }), 0);
    assert.deepEqual(words.map(({ kind }) => kind).sort(), ["last", "reply"]);
    for (const exchange of [waiting, streaming]) await exchanges.close(exchange);
    assert.deepEqual(
      exchanges.records.map(({ ending, error_code, status }) => [ending, error_code, status]),
      [
        ["cut_by_policy", "stopped", 503],
        ["cut_by_policy", "stopped", 200],
      ],
    );
    assert.equal(exchanges.records[1]?.output_tokens, streaming.answering?.outputCounter.total());
    assert.equal(ledger.openHolds(), 1);
    elsewhere.end("downstream_reset");
    await exchanges.close(elsewhere);
  });

  it("keeps every order of many given at once", async () => {
    const tenants = Array.from({ length: 20 }, (_, at) => `t${at}`);
    await Promise.all(tenants.map((tenant) => stop({ tenant })));
    assert.deepEqual(
      steering.list().map(({ scope }) => scope.tenant),
      tenants,
    );
  });
});
