import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { headersOf } from "../../../src/core/headers.ts";
import { respond } from "../../../src/exchange/answer/responding.ts";
import type { Exchange } from "../../../src/exchange/state/exchange.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { logAttempt } from "../../support/envoy/play-envoy.ts";
import { responseHead } from "../../support/envoy/response-head.ts";
import {
  beginAnswer,
  type Exchanges,
  endAnswer,
  exchangesOn,
  passText,
  snapshotOf,
} from "../../support/exchange/exchanges.ts";

/** A token costs 1,000 nano-dollars in and out; the budget has room for a few calls at a time, and runs out. */
const priceNanoUsd = 1_000n;
const limitNanoUsd = 500_000n;
const snapshot = snapshotOf(`
version: 1
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 1 } }
models: { one: { targets: [house/gpt-4.1] } }
identity: [{ type: anonymous, tenant_id: local }]
limits: [{ name: parallel, concurrent: 4 }]
budgets:
  - { name: day, usd: 0.0005, window: day, exceeded: [{ clamp: { atLeast: 5 } }, reject] }
`);

/** What happens to a call that leaves: the provider answers whole, breaks off, refuses, never answers, or the client leaves. */
const fates = ["answered", "broken", "refused", "unreached", "left", "overrun"] as const;
type Fate = (typeof fates)[number];

interface Call {
  readonly maxTokens: number;
  readonly fate: Fate;
  /** Calls that begin before this one ends. */
  readonly overlap: number;
}

const calls = fc.array(
  fc.record<Call>({
    maxTokens: fc.integer({ min: 1, max: 200 }),
    fate: fc.constantFrom(...fates),
    overlap: fc.nat({ max: 4 }),
  }),
  { minLength: 1, maxLength: 25 },
);

/** What a provider would bill, by its own journal. */
interface Billed {
  nanoUsd: bigint;
}

async function end(exchanges: Exchanges, exchange: Exchange, fate: Fate, billed: Billed): Promise<void> {
  const cap = exchange.forwarded?.plan.outputCap ?? 0;
  const input = exchange.forwarded?.plan.targets[0]?.inputTokens ?? 0;
  switch (fate) {
    case "answered":
      beginAnswer(exchange, "text/event-stream");
      passText(exchange, " one".repeat(cap));
      endAnswer(exchange, { input, output: cap });
      billed.nanoUsd += BigInt(input + cap) * priceNanoUsd;
      break;
    case "overrun": {
      beginAnswer(exchange, "text/event-stream");
      let output = 0;
      while (exchange.answer.end === undefined && output < cap + 100) {
        passText(exchange, " one".repeat(20));
        output += 20;
      }
      if (exchange.answer.end === undefined) endAnswer(exchange, { input, output });
      billed.nanoUsd += BigInt(input + output) * priceNanoUsd;
      break;
    }
    case "broken":
    case "left":
      beginAnswer(exchange, "text/event-stream");
      passText(exchange, " one".repeat(Math.ceil(cap / 2)));
      billed.nanoUsd += BigInt(input + Math.ceil(cap / 2)) * priceNanoUsd;
      if (fate === "broken") exchange.end("upstream_reset");
      else exchange.end("downstream_reset");
      break;
    case "refused":
    case "unreached": {
      const codeDetails =
        fate === "refused" ? "via_upstream" : "upstream_reset_before_response_started{connection_failure}";
      const headers = headersOf({ "content-type": "text/plain" });
      respond(exchange, responseHead({ status: 503, headers, endOfStream: true, codeDetails, attempt: 1 }));
      const refused = fate === "refused";
      logAttempt(exchange, "house", refused ? 503 : undefined, refused ? [] : ["UF"]);
      break;
    }
  }
  await exchanges.close(exchange);
}

describe("any calls with any faults", () => {
  it("settled and open holds are the ledger, the ledger is the records, and the records are the provider's bill", async () => {
    await fc.assert(
      fc.asyncProperty(calls, async (planned) => {
        const clock = manualClock("2026-08-03T12:00:00Z");
        const ledger = new MemoryLedger({ clock });
        const exchanges = exchangesOn(snapshot, ledger, clock);
        const billed: Billed = { nanoUsd: 0n };
        const open: { readonly exchange: Exchange; readonly call: Call; endsAfter: number }[] = [];
        let asked = 0;
        const check = async (): Promise<void> => {
          const heldNanoUsd = open.reduce((sum, { exchange }) => sum + amountOf(exchange, "day"), 0n);
          const day = (await ledger.accounts({ name: "day" }))[0];
          assert.equal(day?.held ?? 0n, heldNanoUsd, "held is what open exchanges hold");
          assert.equal(day?.used ?? 0n, recorded(exchanges), "used is what records say");
          const overrun = planned.some(({ fate }) => fate === "overrun");
          // A provider that ignores the cap is cut within a piece of its answer: 20 tokens here.
          const slack = overrun ? BigInt(planned.length) * 40n * priceNanoUsd : 0n;
          assert.ok(
            (day?.used ?? 0n) + (day?.held ?? 0n) <= limitNanoUsd + slack,
            "the budget is not overrun",
          );
        };
        for (const call of planned) {
          for (const one of open) one.endsAfter -= 1;
          for (const one of open.filter(({ endsAfter }) => endsAfter < 0)) {
            open.splice(open.indexOf(one), 1);
            await end(exchanges, one.exchange, one.call.fate, billed);
          }
          const { exchange, outcome } = await exchanges.ask({
            model: "one",
            max_tokens: call.maxTokens,
            stream: true,
            messages: [{ role: "user", content: "hi" }],
          });
          asked += 1;
          if (outcome.kind === "forward") open.push({ exchange, call, endsAfter: call.overlap });
          else await exchanges.close(exchange);
          await check();
        }
        for (const one of open.splice(0)) await end(exchanges, one.exchange, one.call.fate, billed);
        await check();
        assert.deepEqual(exchanges.bugs, []);
        assert.equal(ledger.openHolds(), 0);
        const ids = exchanges.records.map((record) => record.exchange_id);
        assert.equal(new Set(ids).size, asked, "one record of each");
        assert.equal(ids.length, asked);
        assert.equal(recorded(exchanges), billed.nanoUsd, "records are the bill");
      }),
      { numRuns: 60 },
    );
  });
});

function amountOf(exchange: Exchange, name: string): bigint {
  return (exchange.forwarded?.claims ?? []).find(({ account }) => account.name === name)?.amount ?? 0n;
}

function recorded({ records }: Exchanges): bigint {
  return records.reduce((sum, record) => sum + BigInt(record.cost_nano_usd ?? 0), 0n);
}
