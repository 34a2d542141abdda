import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { connect } from "node:net";
import { after, before, describe, it } from "node:test";
import { HealthServer } from "../../../src/admin/health-server.ts";
import { until } from "../../support/core/until.ts";

const stallMs = 1_000;
let reasons: readonly string[] = [];
let server: HealthServer;

before(async () => {
  const address = { host: "127.0.0.1", port: 0 };
  server = await HealthServer.start({ address, unreadyReasons: () => reasons, stallMs });
});
after(() => server.close());

async function ask(path: string, method = "GET"): Promise<readonly [status: number, text: string]> {
  const answer = await fetch(server.url + path, { method });
  return [answer.status, await answer.text()];
}

/** Asks from another process, while this one's event loop stands still, now and after the time. */
function askStalled(path: string, waitMs: number): readonly number[] {
  const script = `
    const ask = async () => (await fetch(${JSON.stringify(server.url + path)})).status;
    const first = await ask();
    await new Promise((resolve) => setTimeout(resolve, ${waitMs}));
    console.log(JSON.stringify([first, await ask()]));`;
  return JSON.parse(
    execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" }),
  );
}

describe("HealthServer", () => {
  it("answers while the event loop stands still, and says when it has for too long", async () => {
    // Longer than the process that asks takes to start, on a busy machine.
    const patient = await HealthServer.start({
      address: { host: "127.0.0.1", port: 0 },
      unreadyReasons: () => [],
      stallMs: 600_000,
    });
    const first = server;
    server = patient;
    assert.deepEqual(askStalled("/livez", 100), [200, 200]);
    server = first;
    await patient.close();
    assert.equal(askStalled("/livez", 2 * stallMs)[1], 503);
    assert.equal(askStalled("/readyz", 2 * stallMs)[1], 503);
    await until("the loop turns again", async () => (await ask("/livez"))[0] === 200);
  });

  it("tells why no requests should be sent", async () => {
    assert.deepEqual(await ask("/readyz"), [200, "ok\n"]);
    reasons = ["draining", "ledger: the disk is full"];
    server.tell();
    await until("not ready", async () => (await ask("/readyz"))[0] === 503);
    assert.deepEqual(await ask("/readyz"), [503, "draining\nledger: the disk is full\n"]);
    assert.deepEqual(await ask("/livez"), [200, "ok\n"]);
    reasons = [];
    await until("ready again", async () => (await ask("/readyz"))[0] === 200);
  });

  it("knows nothing but its two paths, and reads nothing", async () => {
    assert.equal((await ask("/metrics"))[0], 404);
    assert.equal((await ask("/livez", "POST"))[0], 405);
    assert.equal((await ask("/livez", "HEAD"))[0], 200);
    assert.equal((await ask("/livez?verbose"))[0], 200);
  });

  it("answers newcomers beside 300 connections that are held half-open", async () => {
    const { hostname, port } = new URL(server.url);
    const held = Array.from({ length: 300 }, () => {
      const socket = connect(Number(port), hostname).on("error", () => {});
      socket.write("GET /livez HTTP/1.1\r\n");
      return socket;
    });
    await until("all are connected", () => held.every(({ connecting }) => !connecting));
    assert.equal((await ask("/livez"))[0], 200);
    for (const socket of held) socket.destroy();
  });

  it("fails with the system's code where another process listens", async () => {
    const port = Number(new URL(server.url).port);
    const again = HealthServer.start({ address: { host: "127.0.0.1", port }, unreadyReasons: () => [] });
    await assert.rejects(again, { code: "EADDRINUSE", port });
  });
});
