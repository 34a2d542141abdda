import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { tellLedgerEvent } from "../../../src/admin/ledger-events.ts";
import { LimitMetrics } from "../../../src/admin/limit-metrics.ts";
import { MetricRegistry } from "../../../src/admin/metric-registry.ts";
import { Metrics } from "../../../src/admin/metrics.ts";
import { reportTargetState } from "../../../src/admin/target-events.ts";
import type { Log } from "../../../src/core/log.ts";
import { RatedLog } from "../../../src/core/rated-log.ts";
import { keepRecordsIn } from "../../../src/gateway/keep-records.ts";
import { Health } from "../../../src/route/health.ts";
import { keptLog } from "../../support/core/kept-log.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { snapshotOf } from "../../support/exchange/exchanges.ts";
import { account } from "../../support/ledger/ledger-accounts.ts";
import { bareRecord } from "../../support/usage/usage-records.ts";

const clock = manualClock("2026-08-03T12:00:00Z");
const snapshot = snapshotOf(`
version: 1
backends: { alpha: { provider: openai-compatible, endpoint: "http://127.0.0.1:9/v1", price: { input: 1, output: 1 } } }
models: { "*": { targets: ["alpha/*"] } }
identity: [{ type: anonymous, tenant_id: local }]
`);
const noGauges = {
  openExchanges: () => 0,
  openHolds: () => 0,
  lastReloadGood: () => 1,
  deliveries: () => [],
  limitTotals: async () => [],
  tokenRatios: () => [],
  targets: () => [],
  retryBudgetUsed: () => 0,
  overrides: () => 0,
};

/** What a caller, a provider or a fault can repeat at will: each makes the line for the n-th time. */
const repeated: Readonly<Record<string, (log: Log) => (n: number) => void>> = {
  "a bug": (log) => {
    const metrics = new Metrics(log, noGauges);
    return (n) => metrics.bug(new TypeError(`${n}`), `${n}`);
  },
  "keys guessed from ever more addresses": (log) => {
    const metrics = new Metrics(log, noGauges);
    return (n) => metrics.guessing(`2001:db8:${n.toString(16)}::/64`);
  },
  "reasons of transport failures": (log) => {
    const metrics = new Metrics(log, noGauges);
    return (n) => metrics.unanswered("alpha", `reset by peer ${n}`);
  },
  "models that the backend does not have, named by a caller": (log) => {
    const webhook = { send: () => {} };
    const health: Health = new Health((target, state, nowMs) =>
      reportTargetState(target, state, nowMs, { log, clock, snapshot, health, webhook, alerted: new Set() }),
    );
    return (n) => health.note({ backend: "alpha", model: `made-up-${n}` }, { kind: "unavailable" }, n);
  },
  "budgets of ever more users that pass a threshold": (log) => {
    const metrics = new LimitMetrics(new MetricRegistry(), async () => []);
    const webhook = { send: () => {} };
    return (n) => {
      const balance = {
        account: account("day", 1n, `user_id=${n}`),
        used: 1n,
        held: 0n,
        left: 0n,
        resetsAtMs: 0,
      };
      tellLedgerEvent({ kind: "threshold", percent: 50, balance }, { clock, log, metrics, webhook });
    };
  },
  "records that a full queue does not take": (log) => {
    const usageLog = { append: () => false, written: async () => {} };
    const keep = keepRecordsIn(usageLog, { log, clock });
    return (n) => void keep({ ...bareRecord, exchange_id: `${n}` });
  },
};

describe("a rated log", () => {
  for (const [what, start] of Object.entries(repeated))
    it(`bounds the lines for ${what}`, () => {
      const { log, lines } = keptLog();
      const repeat = start(new RatedLog({ log, clock }));
      for (let n = 0; n < 5_000; n++) repeat(n);
      assert.ok(lines.length > 0 && lines.length <= 30, `${lines.length} lines`);
    });

  it("says how many lines of a message it left out with the next one, and keeps no other message back", () => {
    const { log, lines } = keptLog();
    const rated = new RatedLog({ log, clock });
    for (let n = 0; n < 100; n++) rated.warn({ n }, "again");
    rated.error({}, "something else");
    assert.equal(lines.length, 31);
    assert.deepEqual(lines[30], { level: "error", fields: {}, message: "something else" });
    clock.advance(60_000);
    rated.warn({ n: 100 }, "again");
    assert.deepEqual(lines[31], { level: "warn", fields: { n: 100, not_logged: 70 }, message: "again" });
  });

  it("bounds messages that are not constants all together", () => {
    const { log, lines } = keptLog();
    const rated = new RatedLog({ log, clock });
    for (let n = 0; n < 10_000; n++) rated.info({}, `message ${n}`);
    assert.ok(lines.length <= 530, `${lines.length} lines`);
  });
});
