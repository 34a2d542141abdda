import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { interimSnapshot } from "../../src/config/interim.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Snapshot } from "../../src/config/snapshot.ts";
import type { Closable } from "../../src/core/kind.ts";
import { silentLog } from "../../src/core/log.ts";
import { Gateway } from "../../src/gateway.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-close-"));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A config whose parts note by their name that they are closed; one of them fails to. */
function configNoting(name: string, closed: string[]): Snapshot {
  const path = join(folder, "tollgate.yaml");
  writeFileSync(
    path,
    `version: 1
server: { address: "unix:./t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 1 } }
models: { one: { targets: [house/gpt-4.1] } }
identity: [{ type: anonymous, tenant_id: local }]
`,
  );
  const loaded = loadConfig(path, {});
  assert.ok(loaded.kind === "snapshot", JSON.stringify(loaded));
  const failing: Closable = { close: () => Promise.reject(new Error("cannot be closed")) };
  const noting: Closable = { close: () => void closed.push(name) };
  return { ...loaded.snapshot, closables: [...loaded.snapshot.closables, failing, noting] };
}

describe("what is created for a config", () => {
  it("is closed once, when the config has been replaced or the gateway ends, and not while it is in force in part", async () => {
    const closed: string[] = [];
    const [first, second] = [configNoting("first", closed), configNoting("second", closed)];
    const gateway = await Gateway.start({ snapshot: first, log: silentLog });
    try {
      gateway.reload(interimSnapshot(first, second));
      await new Promise(setImmediate);
      assert.deepEqual(closed, [], "both are in force");
      gateway.reload(second);
      await new Promise(setImmediate);
      assert.deepEqual(closed, ["first"]);
    } finally {
      await gateway.close();
    }
    assert.deepEqual(closed, ["first", "second"]);
  });

  it("includes every provider, identity, policy and sink", () => {
    const { backends, identities, policies, usageLog, closables } = configNoting("any", []);
    const created = [...[...backends.values()].map(({ provider }) => provider), ...identities];
    for (const one of [...created, ...policies, ...usageLog.sinks]) assert.ok(closables.includes(one));
  });
});
