import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Registry } from "prom-client";
import { Tally } from "../../../src/admin/tally.ts";

describe("Tally", () => {
  it("is scraped with what was counted under each of its labels' values, however often", async () => {
    const registry = new Registry();
    const tally = new Tally({
      name: "tokens_total",
      help: "Tokens.",
      labels: ["backend", "direction"],
      registry,
    });
    tally.add(3, "alpha", "input");
    tally.add(4, "alpha", "input");
    tally.add(0.5, "beta", "output");
    const expected = [
      "# HELP tokens_total Tokens.",
      "# TYPE tokens_total counter",
      'tokens_total{backend="alpha",direction="input"} 7',
      'tokens_total{backend="beta",direction="output"} 0.5',
    ];
    for (let scrape = 0; scrape < 2; scrape += 1)
      assert.deepEqual((await registry.metrics()).trimEnd().split("\n"), expected);
    tally.add(1, "alpha", "output");
    assert.match(await registry.metrics(), /\{backend="alpha",direction="output"\} 1\n/);
  });
});
