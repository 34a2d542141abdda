import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, beforeEach, describe, it, mock } from "node:test";
import { loadConfig } from "../../../src/config/load.ts";
import type { Snapshot } from "../../../src/config/snapshot.ts";
import { EnvoyAdmin } from "../../../src/xds/envoy-admin.ts";
import { EnvoyConfig } from "../../../src/xds/envoy-config.ts";
import { envoyInputOf } from "../../../src/xds/input-of.ts";
import { manualClock } from "../../support/core/manual-clock.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-envoy-config-"));
after(() => rmSync(folder, { recursive: true }));

const path = join(folder, "tollgate.yaml");
writeFileSync(
  path,
  `version: 1
backends:
  house: { provider: openai-compatible, endpoint: "http://10.0.0.1/v1", price: { input: 1, output: 1 } }
models: { fast: { targets: [house/llama] } }
identity: [{ type: anonymous, tenant_id: local }]
`,
);
const loaded = loadConfig(path, {});
assert.ok(loaded.kind === "snapshot", JSON.stringify(loaded));
const base = loaded.snapshot;

/** A config whose one backend has a cluster of its own. */
function snapshotOf(number: number): Snapshot {
  const backends = [...base.backends].map(
    ([name, backend]) => [name, { ...backend, cluster: `house@${number}` }] as const,
  );
  return { ...base, version: String(number), backends: new Map(backends) };
}

/** An Envoy that takes every configuration at once. */
class TakingEnvoy extends EnvoyAdmin {
  override async clusterRefusals(): Promise<number> {
    return 0;
  }

  override async clustersTaken(): Promise<void> {}
}

describe("clusters of earlier configs", () => {
  beforeEach(() => mock.timers.enable({ apis: ["setInterval"] }));
  afterEach(() => mock.timers.reset());

  /** An Envoy's configuration that has been through so many configs, all of whose exchanges are still open. */
  async function throughConfigs(count: number) {
    const clock = manualClock("2026-08-03T12:00:00Z");
    const inUse = new Set<Snapshot>();
    const first = snapshotOf(0);
    inUse.add(first);
    const config = new EnvoyConfig(first, {
      folder,
      clock,
      inputOf: (snapshot) => envoyInputOf(snapshot, { kind: "unix", path: "/run/t.sock" }, "/ca.pem"),
      inUse: () => inUse,
    });
    const admin = new TakingEnvoy({ socketPath: join(folder, "admin.sock") });
    for (let number = 1; number <= count; number++) {
      const next = snapshotOf(number);
      inUse.add(next);
      await config.take(next, () => admin);
    }
    return { clock, config, inUse };
  }

  /** The clusters that Envoy has for backends. */
  function clusters(): readonly string[] {
    const written = readFileSync(join(folder, "cds", "clusters.json"), "utf8");
    return [...new Set([...written.matchAll(/"(house@\d+)"/g)].map(([, name]) => name ?? ""))];
  }

  it("stay while exchanges may go there, and are taken away once none may", async () => {
    const { config, inUse } = await throughConfigs(3);
    mock.timers.tick(2_000);
    assert.equal(clusters().length, 4);
    inUse.clear();
    mock.timers.tick(2_000);
    assert.deepEqual(clusters(), ["house@3"]);
    config.close();
  });

  it("are 256 at most: the first ones replaced go first", async () => {
    const { config } = await throughConfigs(260);
    mock.timers.tick(2_000);
    const kept = clusters();
    assert.equal(kept.length, 257);
    assert.ok(!kept.includes("house@3") && kept.includes("house@4") && kept.includes("house@260"));
    config.close();
  });

  it("are kept for an hour at most, whoever may still be using them", async () => {
    const { clock, config } = await throughConfigs(1);
    clock.advance(3_599_000);
    mock.timers.tick(2_000);
    assert.equal(clusters().length, 2);
    clock.advance(2_000);
    mock.timers.tick(2_000);
    assert.deepEqual(clusters(), ["house@1"]);
    config.close();
  });
});
