import assert from "node:assert/strict";
import { it } from "node:test";
import { tellStanding } from "../../../src/admin/target-events.ts";
import { Health } from "../../../src/route/health.ts";
import { snapshotOf } from "../../support/exchanges.ts";

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

it("says once that a target rests, and which models have nobody else; and once that it answers again", () => {
  const lines: (readonly [string, object])[] = [];
  const line = (fields: object, message: string): void => void lines.push([message, fields]);
  const log = { info: line, warn: line, error: line };
  const health: Health = new Health((target, standing, nowMs) =>
    tellStanding(target, standing, nowMs, { log, snapshot, health }),
  );
  const target = { backend: "alpha", model: "m" };
  for (let count = 0; count < 20; count += 1) health.note(target, { kind: "failed" }, 0);
  for (let count = 0; count < 5; count += 1) health.note(target, { kind: "answered" }, 2_000);
  assert.deepEqual(lines, [
    ["a target rests", { target: "alpha/m", why: "errors", rests_ms: 1_000, models_left_alone: ["both"] }],
    ["a target answers again", { target: "alpha/m" }],
  ]);
});
