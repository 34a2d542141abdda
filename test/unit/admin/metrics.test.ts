import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import pino from "pino";
import { metricTable } from "../../../src/admin/metric-table.ts";
import { type Gauges, Metrics } from "../../../src/admin/metrics.ts";
import { packageRoot } from "../../../src/core/asset.ts";

const gauges: Gauges = {
  openExchanges: () => 3,
  openHolds: () => 2,
  lastReloadGood: () => 1,
  deliveries: () => [],
  limitTotals: async () => [],
  tokenRatios: () => [],
  targets: () => [],
  retryBudgetUsed: () => 0,
  overrides: () => 0,
};

describe("Metrics", () => {
  const metrics = new Metrics(pino({ enabled: false }), gauges);

  it("creates every metric of the table, and no other", () => {
    const ours = metrics.names().filter((name) => !/^(process|nodejs)_/.test(name));
    assert.deepEqual(ours.toSorted(), Object.keys(metricTable).toSorted());
  });

  it("reads gauges when it is scraped", async () => {
    assert.match(await metrics.render(), /^tollgate_open_exchanges 3$/m);
  });

  it("counts restarts of Envoy", async () => {
    metrics.envoyRestarted();
    assert.match(await metrics.render(), /^tollgate_envoy_restarts_total 1$/m);
  });

  it("is the only user of prom-client, through its registry", () => {
    const folder = join(packageRoot, "src");
    const creators = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((path) => path.endsWith(".ts"))
      .filter((path) =>
        /new (Counter|Gauge|Histogram|Summary)\(/.test(readFileSync(join(folder, path), "utf8")),
      );
    assert.deepEqual(creators.toSorted(), ["admin/metric-registry.ts", "admin/tally.ts"]);
  });
});
