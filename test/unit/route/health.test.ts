import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Target } from "../../../src/plan/plan.ts";
import { Health, type HealthSignal } from "../../../src/route/health.ts";

const target: Target = { backend: "alpha", model: "m" };
const failed: HealthSignal = { kind: "failed" };
const answered: HealthSignal = { kind: "answered" };

describe("Health", () => {
  it("ejects one model that its backend does not have, and no other of it", () => {
    const health = after({ kind: "unavailable" });
    assert.equal(health.state(target, 0).kind, "ejected");
    assert.equal(health.state({ ...target, model: "other" }, 0).kind, "healthy");
  });

  it("is out for the longer of two waits that are asked for, in either order", () => {
    for (const waits of [
      [2_000, 60_000],
      [60_000, 2_000],
    ]) {
      const health = after(...waits.map((askedWaitMs): HealthSignal => ({ kind: "throttled", askedWaitMs })));
      assert.deepEqual(health.state(target, 0), { kind: "ejected", why: "throttled", untilMs: 60_000 });
    }
  });

  it("leaves a target open for failures that are few", () => {
    const health = after(failed, failed, failed, failed);
    assert.equal(health.state(target, 0).kind, "healthy");
  });

  it("leaves a target open while most of its answers are good", () => {
    const health = after(
      ...Array.from({ length: 20 }, () => answered),
      failed,
      failed,
      failed,
      failed,
      failed,
    );
    assert.equal(health.state(target, 0).kind, "healthy");
  });

  it("ejects a target that fails again and again, then lets one probe through, and opens with its answer", () => {
    const health = failing();
    assert.deepEqual(health.state(target, 0), { kind: "ejected", why: "errors", untilMs: 1_000 });
    assert.equal(health.state(target, 1_000).kind, "probing");
    health.began(target, 1_000);
    assert.equal(health.state(target, 1_001).kind, "ejected", "one probe at a time");
    health.note(target, answered, 1_100);
    assert.equal(health.state(target, 1_100).kind, "healthy");
  });

  it("lets one of those through that are chosen for before the probe has left", () => {
    const health = failing();
    health.claimProbe(target, 1_000);
    assert.equal(health.state(target, 1_001).kind, "ejected");
    health.began(target, 1_010);
    health.note(target, answered, 1_100);
    assert.equal(health.state(target, 1_100).kind, "healthy");
  });

  it("ejects a target that fails ten times without an answer, whatever it answered before", () => {
    const good = Array.from({ length: 1_000 }, () => answered);
    const bad = Array.from({ length: 9 }, () => failed);
    assert.equal(after(...good, ...bad).state(target, 0).kind, "healthy");
    assert.equal(after(...good, ...bad, answered, failed).state(target, 0).kind, "healthy");
    assert.equal(after(...good, ...bad, failed).state(target, 0).kind, "ejected");
  });

  it("ejects for twice as long after each failed probe, and at most a minute", () => {
    const health = failing();
    let nowMs = 1_000;
    for (const restMs of [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
      health.began(target, nowMs);
      health.note(target, failed, nowMs);
      assert.deepEqual(health.state(target, nowMs), {
        kind: "ejected",
        why: "errors",
        untilMs: nowMs + restMs,
      });
      nowMs += restMs;
    }
  });

  it("looks again when a probe never comes back", () => {
    const health = failing();
    health.began(target, 1_000);
    assert.equal(health.state(target, 2_999).kind, "ejected");
    assert.equal(health.state(target, 3_000).kind, "probing");
  });

  it("does not open for an answer that was under way when the rest began", () => {
    const health = failing();
    health.note(target, answered, 500);
    assert.equal(health.state(target, 500).kind, "ejected");
  });

  it("heeds how long a provider asks to be left alone, and at most an hour", () => {
    const health = after({ kind: "throttled", askedWaitMs: 7_000 });
    assert.deepEqual(health.state(target, 6_999), { kind: "ejected", why: "throttled", untilMs: 7_000 });
    assert.equal(health.state(target, 7_000).kind, "probing");
    const long = after({ kind: "throttled", askedWaitMs: 1e12 });
    assert.equal(long.state(target, 3_600_000).kind, "probing");
  });

  it("ejects every model of a backend that refuses our credentials", () => {
    const health = after({ kind: "refused" });
    assert.equal(health.state({ backend: "alpha", model: "other" }, 0).kind, "ejected");
    assert.equal(health.state({ backend: "beta", model: "m" }, 0).kind, "healthy");
  });

  it("opens every model of a backend once one of them answers again", () => {
    const health = after({ kind: "refused" });
    health.began(target, 30_000);
    health.note(target, answered, 30_010);
    assert.equal(health.state({ backend: "alpha", model: "other" }, 30_010).kind, "healthy");
  });

  it("forgets old failures", () => {
    const health = after(failed, failed, failed, failed);
    health.note(target, failed, 10_000);
    assert.equal(health.state(target, 10_000).kind, "healthy");
  });

  it("knows who is busy, and how long the first token took lately", () => {
    const health = new Health();
    health.began(target, 0);
    health.began(target, 0);
    health.ended(target);
    health.firstToken(target, 100);
    health.firstToken(target, 200);
    assert.equal(health.busy(target), 1);
    assert.equal(health.latencyMs(target), 120);
  });

  it("keeps a bounded number of targets", () => {
    const health = new Health();
    for (let index = 0; index < 5_000; index += 1)
      health.note({ backend: "b", model: `m${index}` }, answered, 0);
    assert.equal(health.list(0).length, 4_096);
  });
});

function after(...signs: readonly HealthSignal[]): Health {
  const health = new Health();
  for (const sign of signs) health.note(target, sign, 0);
  return health;
}

function failing(): Health {
  return after(failed, failed, failed, failed, failed);
}
