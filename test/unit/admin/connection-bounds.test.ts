import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type AdminServer, startAdminServer } from "../../../src/admin/admin-server.ts";
import { UsageJobs } from "../../../src/admin/usage-jobs.ts";
import { adminSource } from "../../support/admin/admin-source.ts";
import { until } from "../../support/core/until.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-bounds-"));
const desk = new UsageJobs(folder);
let server: AdminServer;
const held: Socket[] = [];

before(async () => {
  server = await startAdminServer({ host: "127.0.0.1", port: 0 }, adminSource({ usage: desk }));
});
after(async () => {
  for (const socket of held) socket.destroy();
  await desk.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function hold(count: number, sent: string): Promise<readonly Socket[]> {
  const { hostname, port } = new URL(server.url);
  const opened = Array.from({ length: count }, () => {
    const socket = connect(Number(port), hostname)
      .on("error", () => {})
      .resume();
    held.push(socket);
    socket.write(sent);
    return socket;
  });
  await Promise.all(
    opened.map(
      (socket) => socket.readyState === "open" || new Promise((done) => socket.once("connect", done)),
    ),
  );
  return opened;
}

async function health(): Promise<readonly number[]> {
  const answers = await Promise.all(
    ["/livez", "/readyz"].map((path) => fetch(`${server.url}${path}`, { headers: { connection: "close" } })),
  );
  return answers.map(({ status }) => status);
}

describe("connections held open to the admin interface", () => {
  const kinds: readonly (readonly [kind: string, sent: string])[] = [
    ["silent", ""],
    ["with half a header", "GET /livez HTTP/1.1\r\nhost: x\r\nx-slow: "],
    ["with half a body", "POST /budgets/reset HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n{"],
    ["idle after an answer", "GET /livez HTTP/1.1\r\nhost: x\r\n\r\n"],
    ["asking without end", "GET /nothing HTTP/1.1\r\nhost: localhost\r\n\r\n".repeat(50)],
  ];
  for (const [kind, sent] of kinds)
    it(`keep no probe from its answer: 600, ${kind}`, async () => {
      await hold(600, sent);
      assert.deepEqual(await health(), [200, 200]);
    });

  it("end by themselves at the deadline for headers, and an honest one beside them lives on", async () => {
    const [slow] = await hold(1, "GET /livez HTTP/1.1\r\nx-slow: ");
    await until("the slow one is closed", () => slow?.closed === true, 15_000);
    assert.deepEqual(await health(), [200, 200]);
  });
});
