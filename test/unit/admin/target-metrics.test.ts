import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { MetricRegistry } from "../../../src/admin/metric-registry.ts";
import { addTargetMetrics, targetSeries } from "../../../src/admin/target-metrics.ts";
import { Health } from "../../../src/route/health.ts";

const configured = ["alpha/small", "alpha/big", "beta/*"];

/** Health that has heard of these attempts at targets, each an answer or a failure. */
function heard(...attempts: readonly (readonly [backend: string, model: string, good: boolean])[]): Health {
  const health = new Health();
  for (const [backend, model, good] of attempts) {
    const target = { backend, model };
    health.began(target, 0);
    if (good) health.firstToken(target, 200);
    health.note(target, { kind: good ? "answered" : "failed" }, 0);
    health.ended(target);
  }
  return health;
}

describe("targetSeries", () => {
  it("shows every configured target, those nobody asked as open", () => {
    const series = targetSeries(configured, []);
    assert.deepEqual(
      series.map(({ target, state }) => [target, state]),
      [
        ["alpha/small", "healthy"],
        ["alpha/big", "healthy"],
        ["beta/*", "healthy"],
      ],
    );
  });

  it("adds up what a pattern stands for, however many models clients name", () => {
    const models = Array.from({ length: 50 }, (_, at) => `m${at}`);
    const health = heard(...models.map((model) => ["beta", model, true] as const), ["beta", "m0", false]);
    const series = targetSeries(configured, health.list(0));
    assert.equal(series.length, 3);
    assert.deepEqual(series.at(-1), {
      target: "beta/*",
      state: "healthy",
      busy: 0,
      latencyMs: 200,
      total: { attempts: 51, failures: 1, ejections: 0 },
    });
  });

  it("tells the worst state, and that of a whole backend", () => {
    const health = heard(...Array.from({ length: 5 }, () => ["beta", "m", false] as const), [
      "beta",
      "n",
      true,
    ]);
    health.note({ backend: "alpha", model: "big" }, { kind: "refused" }, 0);
    const states = targetSeries(configured, health.list(0)).map(({ target, state }) => [target, state]);
    assert.deepEqual(states, [
      ["alpha/small", "healthy"],
      ["alpha/big", "ejected"],
      ["beta/*", "ejected"],
      ["alpha/*", "ejected"],
    ]);
  });

  it("leaves out what the config no longer has", () => {
    const series = targetSeries(configured, heard(["gamma", "m", true]).list(0));
    assert.deepEqual(
      series.map(({ target }) => target),
      configured,
    );
  });
});

describe("the metrics of targets", () => {
  it("are read when they are asked for, and say the same each time", async () => {
    const registry = new MetricRegistry();
    const health = heard(["alpha", "small", true], ["alpha", "small", false]);
    addTargetMetrics(registry, () => targetSeries(configured, health.list(0)));
    await registry.render();
    const lines = (await registry.render()).split("\n").filter((line) => line.includes("alpha/small"));
    assert.deepEqual(lines, [
      'tollgate_target_state{target="alpha/small",state="healthy"} 1',
      'tollgate_target_busy{target="alpha/small"} 0',
      'tollgate_target_first_token_seconds{target="alpha/small"} 0.2',
      'tollgate_target_attempts_total{target="alpha/small"} 2',
      'tollgate_target_failures_total{target="alpha/small"} 1',
      'tollgate_target_ejections_total{target="alpha/small"} 0',
    ]);
  });
});
