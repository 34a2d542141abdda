import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { headersOf } from "../../../src/core/headers.ts";
import { respond } from "../../../src/exchange/answer/responding.ts";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { responseHead } from "../../support/envoy/response-head.ts";
import {
  beginAnswer,
  type Exchanges,
  endAnswer,
  exchangesOn,
  passText,
  snapshotOf,
} from "../../support/exchange/exchanges.ts";

/** A token costs 1,000 nano-dollars in and out. */
const config = (rules: string) => `
version: 1
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 1 } }
models: { one: { targets: [house/gpt-4.1] } }
identity: [{ type: anonymous, tenant_id: local }]
${rules}
`;
const request = { model: "one", max_tokens: 20, stream: true, messages: [{ role: "user", content: "hi" }] };

function start(rules: string, clock = manualClock("2026-08-03T12:00:00Z")) {
  const ledger = new MemoryLedger({ clock });
  return { ledger, clock, exchanges: exchangesOn(snapshotOf(config(rules)), ledger, clock) };
}

async function refused(exchanges: Exchanges, body: object = request): Promise<string> {
  const { exchange, outcome } = await exchanges.ask(body);
  assert.equal(outcome.kind, "reply");
  await exchanges.close(exchange);
  return outcome.kind === "reply" ? outcome.reply.body.toString() : "";
}

async function forwarded(exchanges: Exchanges, body: object = request): Promise<Exchange> {
  const { exchange, outcome } = await exchanges.ask(body);
  assert.equal(outcome.kind, "forward");
  return exchange;
}

/** Their clients leave before an answer. */
async function leave(exchanges: Exchanges, open: readonly Exchange[]): Promise<void> {
  for (const exchange of open) exchange.end("downstream_reset");
  await Promise.all(open.map((exchange) => exchanges.close(exchange)));
}

async function complete(exchanges: Exchanges, exchange: Exchange): Promise<void> {
  beginAnswer(exchange, "text/event-stream");
  passText(exchange, " one".repeat(20));
  endAnswer(exchange, { input: 9, output: 20 });
  await exchanges.close(exchange);
}

describe("an exchange under limits", () => {
  it("finds what was used when the limit in the file changes in the midst of the window", async () => {
    const { ledger, clock, exchanges } = start("budgets: [{ name: day, usd: 0.00006, window: day }]");
    await complete(exchanges, await forwarded(exchanges));
    await complete(exchanges, await forwarded(exchanges));
    assert.match(await refused(exchanges), /budget day has \$0\.00000\d+ of \$0\.00006 left/);
    const more = exchangesOn(
      snapshotOf(config("budgets: [{ name: day, usd: 0.0001, window: day }]")),
      ledger,
      clock,
    );
    await complete(more, await forwarded(more));
    assert.match(await refused(more), /of \$0\.0001 left/);
    const less = exchangesOn(
      snapshotOf(config("budgets: [{ name: day, usd: 0.00005, window: day }]")),
      ledger,
      clock,
    );
    assert.match(await refused(less), /has \$0 of \$0\.00005 left/);
  });

  it("keeps a slot to the end of its stream, and has it back after whatever end", async () => {
    const { exchanges, ledger } = start("limits: [{ name: parallel, concurrent: 1 }]");
    const first = await forwarded(exchanges);
    beginAnswer(first, "text/event-stream");
    passText(first, " one");
    assert.match(await refused(exchanges), /limit parallel has 0 concurrent of 1 concurrent left/);
    first.end("downstream_reset");
    await exchanges.close(first);
    await complete(exchanges, await forwarded(exchanges));
    assert.equal(ledger.openHolds(), 0);
  });

  it("is not charged for what cannot have been billed, a thousand times", async () => {
    const { exchanges, ledger } = start(`
limits: [{ name: rate, requests: 1000000, tokens: 100000000, window: 1d }]
budgets: [{ name: day, usd: 1, window: day }]`);
    const ending: Promise<void>[] = [];
    for (let at = 0; at < 1_000; at++) {
      const exchange = await forwarded(exchanges);
      const codeDetails = at % 2 === 0 ? "via_upstream" : "no_healthy_upstream";
      const attempt = at % 2 === 0 ? 1 : 0;
      const head = { status: 503, headers: headersOf({}), endOfStream: true, codeDetails, attempt };
      respond(exchange, responseHead(head));
      exchange.forwarded?.attempts.at(0)?.unsent();
      ending.push(exchanges.close(exchange));
    }
    await Promise.all(ending);
    for (const { used, held } of await ledger.accounts()) assert.deepEqual([used, held], [0n, 0n]);
    assert.equal(exchanges.records.length, 1_000);
  });

  it("has every slot and every held dollar back after a thousand calls that left, failed or were refused", async () => {
    const { exchanges, ledger } = start(`
limits: [{ name: parallel, concurrent: 3 }]
budgets: [{ name: day, usd: 1000, window: day }]`);
    let refusals = 0;
    for (let at = 0; at < 250; at++) {
      const open = [await forwarded(exchanges), await forwarded(exchanges), await forwarded(exchanges)];
      assert.match(await refused(exchanges), /limit parallel/);
      refusals += 1;
      for (const [place, exchange] of open.entries()) {
        if (place === 0) beginAnswer(exchange, "text/event-stream");
        if (place === 0) passText(exchange, " one");
        exchange.end(place === 0 ? "downstream_reset" : place === 1 ? "timeout" : "upstream_reset");
      }
      await Promise.all(open.map((exchange) => exchanges.close(exchange)));
    }
    assert.equal(refusals, 250);
    assert.equal(ledger.openHolds(), 0);
    for (const { held } of await ledger.accounts()) assert.equal(held, 0n);
    await complete(exchanges, await forwarded(exchanges));
    assert.deepEqual(exchanges.bugs, []);
  });

  it("admits as many calls streamed as whole", async () => {
    const admits = async (stream: boolean): Promise<number> => {
      const { exchanges } = start("budgets: [{ name: day, usd: 0.0004, window: day }]");
      const open: Exchange[] = [];
      for (;;) {
        const { exchange, outcome } = await exchanges.ask({ ...request, stream });
        if (outcome.kind === "reply") {
          await exchanges.close(exchange);
          break;
        }
        open.push(exchange);
      }
      await leave(exchanges, open);
      return open.length;
    };
    const streamed = await admits(true);
    assert.ok(streamed > 5);
    assert.equal(await admits(false), streamed);
  });

  it("holds by the larger of two caps, and never more than the model can answer", async () => {
    const { exchanges } = start("budgets: [{ name: day, usd: 1, window: day }]");
    const larger = await forwarded(exchanges, { ...request, max_tokens: 1, max_completion_tokens: 10_000 });
    assert.ok((larger.forwarded?.plan.hold.costNanoUsd ?? 0n) >= 10_000_000n);
    const huge = await forwarded(exchanges, { ...request, max_tokens: 999_999_999 });
    assert.ok((huge.forwarded?.plan.hold.outputTokens ?? 0) <= 32_768);
    await leave(exchanges, [larger, huge]);
  });

  it("lets twenty small calls without a cap pass at once on a large budget", async () => {
    const { exchanges, ledger } = start("budgets: [{ name: day, usd: 1, window: day }]");
    const { max_tokens: _, ...uncapped } = request;
    const open: Exchange[] = [];
    for (let at = 0; at < 20; at++) open.push(await forwarded(exchanges, uncapped));
    assert.equal(ledger.openHolds(), 20);
    await leave(exchanges, open);
  });

  it("admits again in the first instant of the next day, and charges an open call to the day it began in", async () => {
    const clock = manualClock("2026-03-28T22:59:59.999Z");
    const { exchanges, ledger } = start(
      "budgets: [{ name: day, usd: 0.00004, window: day, timezone: Europe/Berlin }]",
      clock,
    );
    const late = await forwarded(exchanges);
    assert.match(await refused(exchanges), /budget day/);
    clock.advance(1);
    const early = await forwarded(exchanges);
    await complete(exchanges, late);
    const [day] = await ledger.accounts();
    assert.equal(day?.used, 0n, "the day before pays for it");
    await complete(exchanges, early);
    // The clocks go forward in this night: the day has 23 hours.
    assert.equal((await ledger.accounts())[0]?.resetsAtMs, Date.parse("2026-03-29T22:00:00Z"));
  });
});
