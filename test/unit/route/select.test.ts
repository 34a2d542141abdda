import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatTarget, parseTarget, type Target } from "../../../src/plan/plan.ts";
import { type Candidate, type Choosing, order, type Select } from "../../../src/route/select.ts";
import { Random } from "../../support/core/random.ts";

const tries = 10_000;

describe("order()", () => {
  it("keeps the config's order", () => {
    assert.deepEqual(names(candidates({ "a/1": 1, "b/2": 9 }), { kind: "ordered" }), ["a/1", "b/2"]);
  });

  it("gives each target its share by weight, within 3 %", () => {
    const shares = { "a/1": 70, "b/2": 20, "c/3": 10, "d/4": 0 };
    const random = new Random(1);
    const first = count(
      () => names(candidates(shares), { kind: "weighted" }, { random: random.below(1e6) / 1e6 })[0],
    );
    for (const [name, weight] of Object.entries(shares))
      assert.ok(Math.abs((first.get(name) ?? 0) / tries - weight / 100) < 0.03, `${name} ${first.get(name)}`);
    assert.equal(first.get("d/4"), undefined);
  });

  it("puts those not chosen by weight behind the chosen one by weight", () => {
    const weighted = candidates({ "a/1": 1, "b/2": 5, "c/3": 3 });
    assert.deepEqual(names(weighted, { kind: "weighted" }, { random: 0 }), ["a/1", "b/2", "c/3"]);
  });

  it("gives the same text the same target, and every target its share of texts", () => {
    const select: Select = { kind: "sticky", key: ["user_id"] };
    const weighted = candidates({ "a/1": 3, "b/2": 1 });
    const of = (user: number) => names(weighted, select, { stickyText: `user-${user}` })[0];
    assert.equal(of(7), of(7));
    let user = 0;
    const first = count(() => of(user++));
    assert.ok(Math.abs((first.get("a/1") ?? 0) / tries - 0.75) < 0.03, String(first.get("a/1")));
  });

  it("moves only the texts of a target that is gone", () => {
    const select: Select = { kind: "sticky", key: ["user_id"] };
    const three = candidates({ "a/1": 1, "b/2": 1, "c/3": 1 });
    const two = three.filter(({ target }) => target.backend !== "c");
    for (let user = 0; user < 1_000; user += 1) {
      const stickyText = `user-${user}`;
      const before: string | undefined = names(three, select, { stickyText })[0];
      if (before !== "c/3") assert.equal(names(two, select, { stickyText })[0], before);
    }
  });

  it("tries the fastest first, and whom it does not know yet before that", () => {
    const latencyMs = by({ "a/1": 900, "b/2": 100 });
    const three = candidates({ "a/1": 1, "b/2": 1, "c/3": 1 });
    assert.deepEqual(names(three, { kind: "least-latency" }, { latencyMs, random: 0.5 }), [
      "c/3",
      "b/2",
      "a/1",
    ]);
  });

  it("goes on looking at the slow one now and then, in less than a tenth of the calls", () => {
    const random = new Random(2);
    const latencyMs = by({ "a/1": 900, "b/2": 100 });
    const two = candidates({ "a/1": 1, "b/2": 1 });
    const first = count(
      () => names(two, { kind: "least-latency" }, { latencyMs, random: random.below(1e6) / 1e6 })[0],
    );
    const slow = (first.get("a/1") ?? 0) / tries;
    assert.ok(slow > 0 && slow < 0.1, String(slow));
  });

  it("tries whom the fewest exchanges wait for", () => {
    const busy = (target: Target) => by({ "a/1": 3, "b/2": 1, "c/3": 2 })(target) ?? 0;
    const three = candidates({ "a/1": 1, "b/2": 1, "c/3": 1 });
    assert.deepEqual(names(three, { kind: "least-busy" }, { busy }), ["b/2", "c/3", "a/1"]);
  });

  it("tries the cheapest for this request first, and last what has no price", () => {
    const cost = (target: Target) => ({ "a/1": 300n, "c/3": 20n })[formatTarget(target)];
    const three = candidates({ "a/1": 1, "b/2": 1, "c/3": 1 });
    assert.deepEqual(names(three, { kind: "least-cost" }, { cost }), ["c/3", "a/1", "b/2"]);
  });

  it("puts those whose answers fail their checks too often behind all others, full ones too", () => {
    const poor = ({ backend }: Target) => backend === "a";
    const three = candidates({ "a/1": 1, "b/2": 1, "c/3": 1 });
    assert.deepEqual(names(three, { kind: "ordered" }, { poor }), ["b/2", "c/3", "a/1"]);
    const full = three.map((one) => (one.target.backend === "b" ? { ...one, capacity: 1 } : one));
    assert.deepEqual(names(full, { kind: "ordered" }, { poor, busy: () => 1 }), ["c/3", "b/2", "a/1"]);
    assert.deepEqual(names(three, { kind: "ordered" }, { poor: () => true }), ["a/1", "b/2", "c/3"]);
  });

  it("fills committed capacity first, and sends the overflow on", () => {
    const two = [{ ...candidates({ "a/1": 1 })[0]!, capacity: 2 }, ...candidates({ "b/2": 1 })];
    const full = (exchanges: number) => ({
      busy: (target: Target) => (target.backend === "a" ? exchanges : 0),
    });
    assert.deepEqual(names(two, { kind: "ordered" }, full(1)), ["a/1", "b/2"]);
    assert.deepEqual(names(two, { kind: "ordered" }, full(2)), ["b/2", "a/1"]);
  });
});

function names(some: readonly Candidate[], select: Select, choosing: Partial<Choosing> = {}): string[] {
  const nothingKnown: Choosing = {
    random: 0,
    stickyText: "",
    latencyMs: () => undefined,
    busy: () => 0,
    cost: () => undefined,
    poor: () => false,
  };
  return order(some, select, { ...nothingKnown, ...choosing }).map(({ target }) => formatTarget(target));
}

function candidates(weights: Readonly<Record<string, number>>): Candidate[] {
  return Object.entries(weights).map(([name, weight]) => ({
    target: parseTarget(name)!,
    weight,
    capacity: undefined,
  }));
}

function by(values: Readonly<Record<string, number>>): (target: Target) => number | undefined {
  return (target) => values[formatTarget(target)];
}

function count(choose: () => string | undefined): Map<string, number> {
  const chosen = new Map<string, number>();
  for (let index = 0; index < tries; index += 1) {
    const name = choose() ?? "";
    chosen.set(name, (chosen.get(name) ?? 0) + 1);
  }
  return chosen;
}
