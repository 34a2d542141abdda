import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { EnvoyAdmin } from "../../../src/xds/envoy-admin.ts";

describe("EnvoyAdmin", () => {
  const folder = mkdtempSync(join(tmpdir(), "tg-"));
  const socketPath = join(folder, "admin.sock");
  const admin = new EnvoyAdmin({ socketPath });
  let server: Server;
  let state: Readonly<Record<string, string | number>> = {};
  let asked: string[] = [];

  before(async () => {
    server = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      if (request.url === "/broken") return void response.writeHead(500).end();
      response.end(
        Object.entries(state)
          .map(([name, value]) => `cluster_manager.${name}: ${value}\n`)
          .join(""),
      );
    });
    await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  const taken = {
    "cds.version_text": '"v2"',
    warming_clusters: 0,
    "cds.update_rejected": 1,
    "cds.update_failure": 2,
  };

  it("waits until Envoy has the version, and every cluster is warm", async () => {
    state = { ...taken, "cds.version_text": '"v1"' };
    let done = false;
    const waiting = admin.clustersTaken("v2", 3, 10_000).then(() => {
      done = true;
    });
    await asks(2);
    assert.equal(done, false);
    state = { ...taken, warming_clusters: 1 };
    await asks(2);
    assert.equal(done, false);
    state = taken;
    await waiting;
  });

  it("fails as soon as Envoy counts a refusal more", async () => {
    state = { ...taken, "cds.version_text": '"v1"', "cds.update_rejected": 2 };
    await assert.rejects(admin.clustersTaken("v2", 3, 60_000), /refuses the new clusters/);
  });

  it("says what it waited for when Envoy does not take them in time", async () => {
    state = { ...taken, warming_clusters: 2 };
    await assert.rejects(admin.clustersTaken("v2", 3, 50), /2 clusters are not warm/);
    const nobody = new EnvoyAdmin({ socketPath: join(folder, "nobody.sock") });
    await assert.rejects(nobody.clustersTaken("v2", 3, 50), /does not answer/);
    assert.equal(await nobody.clusterRefusals(), undefined);
    assert.equal(await nobody.isReady(), false);
  });

  it("counts refusals and failures together", async () => {
    state = taken;
    assert.equal(await admin.clusterRefusals(), 3);
  });

  it("rejects for any answer but 200", async () => {
    await assert.rejects(admin.get("/broken"), /answers 500 to \/broken/);
  });

  it("drains with a POST, as Envoy asks for", async () => {
    asked = [];
    await admin.drain();
    assert.deepEqual(asked, ["POST /drain_listeners?inboundonly&graceful&skip_exit"]);
  });

  /** Waits until so many more questions have been answered. */
  async function asks(count: number): Promise<void> {
    const from = asked.length;
    while (asked.length < from + count) await new Promise((resolve) => setTimeout(resolve, 5));
  }
});
