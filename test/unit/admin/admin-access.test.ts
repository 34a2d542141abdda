import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type AdminServer, startAdminServer } from "../../../src/admin/admin-server.ts";
import { readAdminToken, writeAdminToken } from "../../../src/admin/admin-token.ts";
import { PeerUids } from "../../../src/admin/peer-uid.ts";
import { UsageJobs } from "../../../src/admin/usage-jobs.ts";
import { adminSource } from "../../support/admin/admin-source.ts";

const token = "a-token-of-sixteen-or-more";
const folder = mkdtempSync(join(tmpdir(), "tollgate-access-"));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Ask {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `fetch` would not send a Host of the test's choice. */
function statusOf(server: AdminServer, { method = "GET", path = "/targets", headers }: Ask): Promise<number> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const request = httpRequest({ hostname, port, method, path, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    request.once("error", reject).end();
  });
}

const onLinux = process.platform === "linux";
/** What the user that runs the gateway is answered without a token. */
const sameUser = onLinux ? 200 : 401;

describe("the admin interface without a token in the config", () => {
  const desk = new UsageJobs(folder);
  let server: AdminServer;
  before(async () => {
    server = await startAdminServer(
      { host: "127.0.0.1", port: 0 },
      adminSource({ usage: desk, ownToken: () => token }),
    );
  });
  after(async () => {
    await desk.close();
    await server.close();
  });

  const foreign = { host: "attacker.example" };
  const cases: readonly (readonly [title: string, ask: Ask, status: number])[] = [
    ["answers the same user", {}, sameUser],
    ["takes every loopback name with any port", { headers: { host: "localhost:1" } }, sameUser],
    ["takes an IPv6 address", { headers: { host: "[::1]:9090" } }, sameUser],
    ["takes the token that it made", { headers: { authorization: `Bearer ${token}` } }, 200],
    ["takes it under any name", { headers: { ...foreign, authorization: `Bearer ${token}` } }, 200],
    ["refuses a foreign name", { headers: foreign }, 403],
    ["refuses a foreign name for metrics", { path: "/metrics", headers: foreign }, 403],
    ["refuses a name that begins like an address", { headers: { host: "127.0.0.1.attacker.example" } }, 403],
    ["refuses a change under a foreign name", { method: "POST", path: "/overrides", headers: foreign }, 403],
    ["refuses a page's GET", { headers: { origin: "http://127.0.0.1:3000" } }, 403],
    ["refuses what a page loads", { headers: { "sec-fetch-site": "cross-site" } }, 403],
    [
      "refuses a page even with the token",
      { headers: { origin: "null", authorization: `Bearer ${token}` } },
      403,
    ],
    [
      "refuses a page's DELETE",
      { method: "DELETE", path: "/overrides/x", headers: { origin: "https://a" } },
      403,
    ],
    ["takes an address that was typed", { headers: { "sec-fetch-site": "none" } }, sameUser],
    ["asks for the token what a proxy passes on", { headers: { "x-forwarded-for": "203.0.113.9" } }, 401],
    ["answers health under any name", { path: "/livez", headers: foreign }, 200],
    ["answers readiness to anybody", { path: "/readyz", headers: { origin: "https://a" } }, 200],
  ];
  for (const [title, ask, status] of cases)
    it(title, async () => assert.equal(await statusOf(server, ask), status));
});

describe("the admin interface with a token in the config", () => {
  const desk = new UsageJobs(folder);
  let server: AdminServer;
  before(async () => {
    server = await startAdminServer(
      { host: "127.0.0.1", port: 0 },
      adminSource({ usage: desk, token: () => token }),
    );
  });
  after(async () => {
    await desk.close();
    await server.close();
  });
  const paths = ["/metrics", "/config", "/usage", "/budgets", "/targets", "/overrides", "/nothing"];
  for (const path of paths)
    it(`asks everybody for it: ${path}`, async () => {
      assert.equal(await statusOf(server, { path }), 401);
      assert.equal(await statusOf(server, { path, headers: { authorization: "Bearer wrong" } }), 401);
    });
  it("answers health without it", async () => {
    assert.equal(await statusOf(server, { path: "/livez" }), 200);
    assert.equal(await statusOf(server, { path: "/livez", method: "POST" }), 405);
  });
});

describe("PeerUids", () => {
  let listener: Server;
  const sockets: Socket[] = [];
  before(async () => {
    listener = createServer((socket) => sockets.push(socket));
    await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  });
  after(() => {
    for (const socket of sockets) socket.destroy();
    listener.close();
  });

  async function accepted(): Promise<Socket> {
    const { port } = listener.address() as { port: number };
    const next = new Promise<Socket>((resolve) => listener.once("connection", resolve));
    sockets.push(connect(port, "127.0.0.1"));
    return next;
  }

  /** A table with one row, as the kernel writes it. */
  function table(
    socket: Socket,
    fields: { uid?: number; state?: string; inode?: number; six?: boolean },
  ): string {
    const { uid = 1234, state = "01", inode = 77, six = false } = fields;
    const port = (value: number | undefined) => (value ?? 0).toString(16).toUpperCase().padStart(4, "0");
    const address = six ? "0000000000000000FFFF00000100007F" : "0100007F";
    const row = `   0: ${address}:${port(socket.remotePort)} ${address}:${port(socket.localPort)} ${state} 00000000:00000000 00:00000000 00000000  ${uid}        0 ${inode} 1 0000000000000000 20 4 30 10 -1\n`;
    const path = join(folder, `table-${Math.random()}`);
    const others = "   1: 0100007F:0001 0100007F:0002 01 00000000:00000000 00:00000000 00000000  9 0 5 1\n";
    writeFileSync(path, `  sl  local_address rem_address   st …\n${others.repeat(2_000)}${row}${others}`);
    return path;
  }

  it("finds this process's own user in the kernel's tables", async () => {
    const uid = await new PeerUids().of(await accepted());
    assert.equal(uid, onLinux ? process.geteuid?.() : undefined);
  });

  const rows: readonly (readonly [
    title: string,
    fields: Parameters<typeof table>[1],
    uid: number | undefined,
  ])[] = [
    ["another user's", {}, 1234],
    ["another user's by IPv6", { six: true }, 1234],
    ["one that its process has closed, which is shown as root's", { uid: 0, state: "05" }, undefined],
    ["one without a process", { uid: 0, inode: 0 }, undefined],
    ["one of a user that this namespace does not know", { uid: 65_534 }, undefined],
  ];
  for (const [title, fields, uid] of rows)
    it(`tells whose a connection is: ${title}`, async () => {
      const socket = await accepted();
      assert.equal(await new PeerUids([table(socket, fields)]).of(socket), uid);
    });

  it("knows nothing where there are no tables", async () => {
    assert.equal(await new PeerUids([join(folder, "none")]).of(await accepted()), undefined);
  });
});

describe("the admin token's file", () => {
  it("is its owner's alone, whatever the umask, and new each time", async () => {
    const path = join(folder, "run", "admin.token");
    const before = process.umask(0);
    try {
      const first = await writeAdminToken(path);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.equal(statSync(join(folder, "run")).mode & 0o777, 0o700);
      process.umask(0o777);
      const second = await writeAdminToken(path);
      assert.notEqual(second, first);
      assert.equal(statSync(path).mode & 0o777, 0o600);
      assert.equal(readAdminToken(path), second);
      assert.equal(readFileSync(path, "utf8"), `${second}\n`);
    } finally {
      process.umask(before);
    }
  });

  it("is undefined where there is none", () => {
    assert.equal(readAdminToken(join(folder, "nothing")), undefined);
  });
});
