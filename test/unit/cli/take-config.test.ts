import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { ConfigTaking } from "../../../src/cli/take-config.ts";
import { loadConfig } from "../../../src/config/load.ts";
import type { Snapshot } from "../../../src/config/snapshot.ts";
import { GatewayError } from "../../../src/core/errors.ts";
import { identify } from "../../../src/identity/identify.ts";
import { until } from "../../support/core/until.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-taking-"));
after(() => rmSync(folder, { recursive: true }));

interface Written {
  readonly keys?: readonly string[];
  readonly port?: number;
  readonly listenPort?: number;
  readonly usd?: number;
  readonly contract?: string;
}

let files = 0;

/** A config as it is loaded. The keys' digests are not of these keys: anonymous callers tell the generations apart by tenant. */
function snapshotOf({
  keys = ["first"],
  port = 1,
  listenPort = 0,
  usd = 5,
  contract = "",
}: Written): Snapshot {
  files += 1;
  const path = join(folder, `config-${files}.yaml`);
  writeFileSync(
    path,
    `version: 1
listen: { address: "127.0.0.1:${listenPort}" }
backends:
  b: { provider: openai-compatible, endpoint: "http://127.0.0.1:${port}/v1", price: { input: 1, output: 1 } }
models:
  m: { targets: [b/m] }
${contract}
identity:
  - { type: anonymous, tenant_id: ${keys.join("-")} }
budgets: [{ name: all, usd: ${usd}, window: day }]
`,
  );
  const loaded = loadConfig(path, {});
  assert.ok(loaded.kind === "snapshot", JSON.stringify(loaded));
  return loaded.snapshot;
}

/** A gateway, and an Envoy that takes configs as `take` says. */
function world(take: (next: Snapshot) => Promise<void>) {
  const lines: string[] = [];
  const line = (fields: object, message: string) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  let snapshot = snapshotOf({});
  const gateway = {
    get snapshot() {
      return snapshot;
    },
    reload(next: Snapshot) {
      snapshot = next;
    },
    keepAfterBadReload() {},
  };
  const taking = new ConfigTaking({
    ...{ gateway, log: { info: line, warn: line, error: line } },
    take: async (next, replaced) => {
      await take(next);
      if (!replaced.aborted) gateway.reload(next);
    },
    ...{ retryMinMs: 1, retryMaxMs: 5 },
  });
  return { gateway, taking, lines };
}

async function tenantOf(snapshot: Snapshot): Promise<string> {
  const known = await identify(snapshot.identities, undefined, 0);
  return known instanceof GatewayError ? known.code : known.tenantId;
}

describe("a config on its way into force", () => {
  it("is tried again until it is taken, saying each reason once", async () => {
    let tries = 0;
    const { gateway, taking, lines } = world(async () => {
      tries += 1;
      if (tries < 5) throw new Error(tries < 3 ? "Envoy does not answer" : "Envoy has the old ones");
    });
    const next = snapshotOf({ port: 2 });
    taking.begin(next);
    await until("it is taken", () => gateway.snapshot === next);
    assert.equal(tries, 5);
    assert.equal(lines.filter((text) => text.includes("does not answer")).length, 1);
    assert.equal(lines.filter((text) => text.includes("has the old ones")).length, 1);
    assert.match(lines.at(-1) ?? "", /^config taken/);
  });

  it("has its callers, limits and prices in force while Envoy is away, and the old backends", async () => {
    const { gateway, taking } = world(() => Promise.reject(new Error("Envoy does not answer")));
    taking.begin(snapshotOf({ port: 2, keys: ["second"], usd: 7 }));
    await until("the callers are the new ones", async () => (await tenantOf(gateway.snapshot)) === "second");
    assert.equal(gateway.snapshot.backends.get("b")?.provider.endpoint.port, "1");
    taking.close();
  });

  it("has them in force while Envoy takes its time", async () => {
    const { gateway, taking } = world(() => new Promise(() => {}));
    taking.begin(snapshotOf({ port: 2, keys: ["second"] }));
    await until("the callers are the new ones", async () => (await tenantOf(gateway.snapshot)) === "second");
    taking.begin(snapshotOf({ port: 3, keys: ["third"] }));
    await until(
      "a newer one does not wait for it",
      async () => (await tenantOf(gateway.snapshot)) === "third",
    );
    taking.close();
  });

  it("admits nobody whom it does not know, where its contract differs from the one in force", async () => {
    const { gateway, taking } = world(() => Promise.reject(new Error("Envoy does not answer")));
    const contract = "contract: { workflow: { default: other } }";
    taking.begin(snapshotOf({ port: 2, contract, keys: ["second"] }));
    await until("it is in force in part", () => gateway.snapshot.version.endsWith("-in-part"));
    assert.equal(await tenantOf(gateway.snapshot), "first");
    taking.close();
  });

  it("names what takes a restart, and has the rest of it in force that needs none", async () => {
    const { gateway, taking, lines } = world(() => Promise.resolve());
    taking.begin(snapshotOf({ listenPort: 1, keys: ["second"] }));
    await until("it is said", () => lines.length > 0);
    assert.match(lines[0] ?? "", /^config not taken.*listen\.address changed, which requires a restart/);
    assert.equal(await tenantOf(gateway.snapshot), "second");
    assert.equal(gateway.snapshot.listen.address.port, 0);
  });

  it("gives way to a newer one, which is the one that is tried again", async () => {
    let away = true;
    const { gateway, taking } = world(async () => {
      if (away) throw new Error("Envoy does not answer");
    });
    taking.begin(snapshotOf({ port: 2 }));
    await until("it has failed", () => gateway.snapshot.version.endsWith("-in-part"));
    const newest = snapshotOf({ port: 3 });
    taking.begin(newest);
    away = false;
    await until("the newest is taken", () => gateway.snapshot === newest);
  });
});
