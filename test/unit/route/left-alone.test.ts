import assert from "node:assert/strict";
import { it } from "node:test";
import type { Target } from "../../../src/plan/plan.ts";
import { Health } from "../../../src/route/health.ts";
import { modelsLeftAlone } from "../../../src/route/left-alone.ts";
import { createModelTable, type ModelEntry } from "../../../src/route/model-table.ts";

const alpha: Target = { backend: "alpha", model: "m" };
const beta: Target = { backend: "beta", model: "m" };
const gamma: Target = { backend: "gamma", model: "m" };

function entry(name: string, ...targets: readonly Target[]): ModelEntry {
  return {
    name,
    candidates: targets.map((target) => ({ target, weight: 1, capacity: undefined })),
    fallback: [],
    select: { kind: "ordered" },
    attempts: targets.length,
    failover: "status",
    timeouts: {
      attemptMs: undefined,
      firstTokenMs: undefined,
      betweenTokensMs: undefined,
      totalMs: undefined,
    },
  } as unknown as ModelEntry;
}

it("names models of several targets once all but one of them rest, and no model that never had more", () => {
  const table = createModelTable([
    entry("one", alpha),
    entry("two", alpha, beta),
    entry("three", alpha, beta, gamma),
  ]);
  const routes = table.names.flatMap((name) => table.find(name) ?? []);
  const health = new Health();
  assert.deepEqual(modelsLeftAlone(routes, health, 0), []);
  health.note(alpha, { kind: "refused" }, 0);
  assert.deepEqual(modelsLeftAlone(routes, health, 0), ["two"]);
  health.note(beta, { kind: "refused" }, 0);
  assert.deepEqual(modelsLeftAlone(routes, health, 0), ["two", "three"]);
});
