import assert from "node:assert/strict";
import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { runCli } from "../../src/cli/run.ts";
import { until } from "../support/core/until.ts";
import { envoyBinary } from "../support/envoy/envoy-binary.ts";

interface Addresses {
  readonly listen?: string;
  readonly admin?: string;
  readonly server?: string;
  readonly ledger?: string;
  readonly usage?: string;
  readonly runDir?: string;
}

describe("tollgate up", () => {
  let folder: string;
  let binary: string;
  let taken: Server;
  let takenPort: number;
  let out: string[];
  let err: string[];

  before(async () => {
    binary = await envoyBinary();
    taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    takenPort = (taken.address() as { port: number }).port;
  });
  after(() => taken.close());
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tg-"));
    [out, err] = [[], []];
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** Runs `tollgate up` with a config whose addresses are these; resolves with its exit code. */
  function up(addresses: Addresses, stop: AbortSignal): Promise<number> {
    const { listen = "127.0.0.1:0", admin = "127.0.0.1:0", server = "unix:./run/t.sock" } = addresses;
    const { ledger = "./var/ledger", usage = "./var/usage", runDir = "run" } = addresses;
    writeFileSync(
      join(folder, "tollgate.yaml"),
      `
version: 1
listen: { address: "${listen}" }
server: { address: "${server}", token: "\${env:EDGE_TOKEN}" }
admin: { address: "${admin}" }
ledger: { type: local, path: "${ledger}" }
usage: { log: "${usage}" }
backends:
  fake: { provider: openai-compatible, endpoint: "http://127.0.0.1:1/v1", price: { input: 1, output: 2 } }
models:
  a-model: { targets: [fake/a-model] }
identity: [{ type: anonymous, tenant_id: local }]
`,
    );
    return runCli(["up", "--log-level", "error", "--run-dir", runDir], {
      out: (line) => out.push(line),
      err: (line) => err.push(line),
      input: (async function* () {})(),
      env: { ENVOY_BIN: binary, EDGE_TOKEN: "only-envoy-knows-this", PATH: dirname(process.execPath) },
      cwd: folder,
      stop,
      onHangup: () => () => {},
    });
  }

  it("says where it listens, and what to type next in a fresh folder", async () => {
    const stop = new AbortController();
    const running = up({}, stop.signal);
    await until("it is ready", () => err.some((line) => line.includes("curl")), 20_000);
    const [, listen] = /^ready listen=(\S+) admin=http:\/\/127\.0\.0\.1:\d+$/.exec(out.join("\n")) ?? [];
    assert.ok(listen !== undefined, out.join("\n"));
    assert.match(err.join("\n"), new RegExp(`curl ${listen}/v1/chat/completions .*\\n.*"model": "a-model"`));
    const models = await fetch(`${listen}/v1/models`);
    assert.match(await models.text(), /a-model/);
    stop.abort();
    assert.equal(await running, 0);
  });

  it("makes files, folders and sockets for this user alone, whatever the umask, and Envoy's admin interface no port", async () => {
    const umask = process.umask(0);
    const stop = new AbortController();
    const running = up({}, stop.signal);
    try {
      await until("it is ready", () => out.length > 0, 20_000);
      const open = ["run", "var"]
        .flatMap((name) => [
          name,
          ...readdirSync(join(folder, name), { recursive: true }).map((one) => join(name, String(one))),
        ])
        .filter((name) => (lstatSync(join(folder, name)).mode & 0o077) !== 0);
      assert.deepEqual(open, []);
      assert.equal(
        readFileSync(join(folder, "run/envoy.admin"), "utf8"),
        realpathSync(join(folder, "run/envoy-admin.sock")),
      );
    } finally {
      stop.abort();
      await running;
      process.umask(umask);
    }
  });

  it("refuses a second gateway on the same run folder, port, ledger or usage log, names the first, and leaves it alone", async () => {
    const stop = new AbortController();
    const first = up({}, stop.signal);
    await until("it is ready", () => out.length > 0, 20_000);
    const [, listen = ""] = /listen=(\S+)/.exec(out.join("\n")) ?? [];
    const own = {
      listen: "127.0.0.1:0",
      server: "unix:./two.sock",
      ledger: "var2/ledger",
      usage: "var2/usage",
      runDir: "run2",
    };
    const link = join(folder, "link");
    symlinkSync(folder, link);
    for (const [shared, message] of [
      [
        { runDir: "run" },
        /the run folder in .* is in use by process \d+: end it, or name another one with --run-dir/,
      ],
      [
        { listen: new URL(listen).host },
        /is in use by process \d+ \(envoy[^)]*\): end it, or set another listen.address/,
      ],
      [
        { ledger: join(link, "var/ledger") },
        /the ledger in .* is in use by process \d+: end it, or set another ledger.path/,
      ],
      [
        { usage: join(link, "var/usage") },
        /the usage log in .* is in use by process \d+: end it, or set another usage.log/,
      ],
    ] as const) {
      err = [];
      assert.equal(await up({ ...own, ...shared }, new AbortController().signal), 1);
      assert.match(err.join("\n"), message);
      assert.equal((await fetch(`${listen}/v1/models`)).status, 200);
    }
    stop.abort();
    assert.equal(await first, 0);
  });

  for (const setting of ["listen", "admin", "server"] as const)
    it(`says that another process has the port of ${setting}.address, and what to do`, async () => {
      const code = await up({ [setting]: `127.0.0.1:${takenPort}` }, new AbortController().signal);
      assert.equal(code, 1);
      const program = readFileSync("/proc/self/comm", "utf8").trim();
      assert.deepEqual(err, [
        `tollgate: 127.0.0.1:${takenPort} is in use by process ${process.pid} (${program}): end it, or set another ${setting}.address in the config`,
      ]);
    });
});
