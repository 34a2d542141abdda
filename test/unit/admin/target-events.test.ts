import assert from "node:assert/strict";
import { it } from "node:test";
import type { Alert } from "../../../src/admin/alert.ts";
import { reportTargetState } from "../../../src/admin/target-events.ts";
import { Health } from "../../../src/route/health.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { snapshotOf } from "../../support/exchange/exchanges.ts";

const backend = (port: number) =>
  `{ provider: openai-compatible, endpoint: "http://127.0.0.1:${port}/v1", price: { input: 1, output: 1 } }`;
const snapshot = snapshotOf(`
version: 1
backends:
  alpha: ${backend(9900)}
  beta: ${backend(9901)}
models:
  both: { targets: [alpha/m, beta/m] }
  one: { targets: [alpha/m] }
identity: [{ type: anonymous, tenant_id: local }]
`);

const target = { backend: "alpha", model: "m" };

/** Health whose changes are told, and what was told. */
function told() {
  const lines: (readonly [string, object])[] = [];
  const alerts: Alert[] = [];
  const line = (fields: object, message: string): void => void lines.push([message, fields]);
  const services = {
    log: { info: line, warn: line, error: line },
    clock: manualClock("2026-01-01T00:00:00Z"),
    snapshot,
    webhook: { send: (alert: Alert) => void alerts.push(alert) },
    alerted: new Set<string>(),
  };
  const health: Health = new Health((name, state, nowMs) =>
    reportTargetState(name, state, nowMs, { ...services, health }),
  );
  return { health, lines, alerts };
}

it("says once that a target is ejected, and which models have nobody else; and once that it answers again", () => {
  const { health, lines, alerts } = told();
  for (let count = 0; count < 20; count += 1) health.note(target, { kind: "failed" }, 0);
  for (let count = 0; count < 5; count += 1) health.note(target, { kind: "answered" }, 2_000);
  assert.deepEqual(lines, [
    [
      "a target is ejected",
      { target: "alpha/m", why: "errors", ejected_ms: 1_000, models_left_alone: ["both"] },
    ],
    ["a target answers again", { target: "alpha/m" }],
  ]);
  assert.deepEqual(alerts, []);
});

it("alerts once that a backend refuses our credentials, and again only after it has answered", () => {
  const { health, alerts } = told();
  for (let count = 0; count < 3; count += 1) health.note(target, { kind: "refused" }, count * 60_000);
  assert.deepEqual(alerts, [
    {
      id: "alpha/*|refused|2026-01-01T00:00:00.000Z",
      type: "backend.refused",
      time: "2026-01-01T00:00:00.000Z",
      backend: "alpha",
      models_left_alone: ["both"],
    },
  ]);
  health.note(target, { kind: "answered" }, 240_000);
  health.note(target, { kind: "refused" }, 300_000);
  assert.equal(alerts.length, 2);
});
