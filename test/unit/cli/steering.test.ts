import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { type AdminServer, startAdminServer } from "../../../src/admin/admin-server.ts";
import type { OverrideAudit } from "../../../src/admin/audit-log.ts";
import { UsageJobs } from "../../../src/admin/usage-jobs.ts";
import { Registry } from "../../../src/exchange/state/registry.ts";
import { Steering } from "../../../src/exchange/steering.ts";
import { Overrides } from "../../../src/route/overrides.ts";
import { readOverrides } from "../../../src/route/overrides-file.ts";
import { adminSource } from "../../support/admin/admin-source.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { snapshotOf } from "../../support/exchange/exchanges.ts";
import { type CliResult, runLine } from "../../support/stack/terminal.ts";

const token = "a-token-of-sixteen-or-more";
const folder = mkdtempSync(join(tmpdir(), "tollgate-steering-"));
const path = join(folder, "overrides.json");
const clock = manualClock("2026-08-03T12:00:00Z");
const overrides = new Overrides();
const steering = new Steering({ clock, overrides, registry: new Registry(), path });
const usage = new UsageJobs(folder);
const audits: Omit<OverrideAudit, "time">[] = [];
let admin: AdminServer;

const config = (admin: string) => `
version: 1
${admin}
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 0.2, output: 0.6 } }
models: { fast: { targets: [house/llama] } }
identity: [{ type: anonymous, tenant_id: local }]
`;

before(async () => {
  const snapshot = snapshotOf(config(""));
  const source = {
    steering,
    snapshot: () => snapshot,
    audit: async (one: object) => void audits.push(one as never),
  };
  admin = await startAdminServer(
    { host: "127.0.0.1", port: 0 },
    adminSource({ usage, token: () => token, overrides: source }),
  );
  writeFileSync(
    join(folder, "tollgate.yaml"),
    config(`admin: { address: "${new URL(admin.url).host}", token: "\${env:TOKEN}" }`),
  );
});
afterEach(async () => {
  for (const { id } of steering.list()) await steering.lift(id);
  audits.length = 0;
});
after(async () => {
  await admin.close();
  await usage.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: readonly string[]): Promise<CliResult> =>
  runLine(args, { cwd: folder, env: { TOKEN: token, USER: "ann" } });
const why = ["--reason", "it spends too much"] as const;

describe("tollgate stop, force and lift", () => {
  it("stop what is named for an hour, in the name of who asks, and write it down", async () => {
    const { code, out, err } = await run("stop", "--tenant", "acme", "--workflow", "nightly", ...why);
    assert.equal(code, 0, err);
    const [{ id } = { id: "" }] = steering.list();
    const expected = [
      "id        override                            until                 by   reason",
      `${id}  stop tenant acme, workflow nightly  2026-08-03T13:00:00Z  ann  it spends too much`,
      "0 running exchanges were cut",
    ];
    assert.equal(out, expected.join("\n"));
    const scope = { tenant: "acme", workflow: "nightly" };
    assert.deepEqual(audits, [
      {
        action: "stop",
        override: id,
        scope,
        reason: "it spends too much",
        until: "2026-08-03T13:00:00.000Z",
        by: "ann",
        from: "127.0.0.1",
      },
    ]);
    assert.deepEqual(
      (await readOverrides(path)).map((one) => one.scope),
      [scope],
    );
  });

  it("need neither a config nor a provider's secret where --admin says where the gateway is", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "tollgate-steering-"));
    try {
      const env = { TOLLGATE_ADMIN_TOKEN: token, USER: "ann" };
      const at = (...args: readonly string[]) =>
        runLine([...args, "--admin", admin.url], { cwd: elsewhere, env });
      assert.equal((await at("stop", "--tenant", "acme", ...why)).code, 0);
      assert.match((await at("status")).out, /stop tenant acme/);
      assert.equal((await at("lift", "--all")).code, 0);
      const { code, err } = await runLine(["status", "--admin", admin.url], { cwd: elsewhere, env: {} });
      assert.equal(code, 1);
      assert.match(err, /TOLLGATE_ADMIN_TOKEN/);
    } finally {
      rmSync(elsewhere, { recursive: true });
    }
  });

  it("drain, and force, for as long as is said", async () => {
    await run("stop", "--backend", "house", "--drain", "--for", "15m", ...why);
    await run("force", "house/llama", "--until", "lifted", ...why);
    await run("force", "house", ...why);
    assert.deepEqual(
      steering
        .list()
        .map(({ action, scope, sinceMs, untilMs }) => [action, scope, untilMs && untilMs - sinceMs]),
      [
        ["drain", { backend: "house" }, 900_000],
        ["force", { target: "house/llama" }, undefined],
        ["force", { backend: "house" }, 3_600_000],
      ],
    );
  });

  it("lift one by its id, or all, and write down who did", async () => {
    await run("stop", "--model", "fast", ...why);
    await run("stop", "--key", "app", ...why);
    await run("stop", "--user", "bob", ...why);
    const [first] = steering.list();
    const lifted = await run("lift", first?.id ?? "", "--by", "bob", "--json");
    assert.equal(JSON.parse(lifted.out)[0].scope.model, "fast");
    assert.equal(steering.list().length, 2);
    assert.deepEqual(audits.at(-1), { action: "lift", override: first?.id, by: "bob", from: "127.0.0.1" });
    await run("resume", "--all");
    assert.equal(steering.list().length, 0);
    assert.equal((await run("lift", "--all")).out, "no override was in force");
  });

  it("are shown by tollgate status", async () => {
    await run("stop", "--tenant", "acme", ...why);
    const { out } = await run("status");
    assert.match(
      out,
      /no target has been tried yet\n\n0 retries .*; 30 are allowed\n\nid .*\n[0-9a-f]{8} {2}stop tenant acme {2}2026-08-03T13:00:00Z/,
    );
    const { targets, overrides: rows } = JSON.parse((await run("status", "--json")).out);
    assert.deepEqual([targets.length, rows.length, rows[0].action], [0, 1, "stop"]);
  });

  const failures: readonly (readonly [title: string, args: readonly string[], code: number, says: RegExp])[] =
    [
      ["a stop of nothing", ["stop", ...why], 1, /say what is meant/],
      ["a stop without a reason", ["stop", "--tenant", "acme"], 2, /--reason/],
      ["a backend that is not there", ["stop", "--backend", "huose", ...why], 1, /there are house/],
      ["a target of no backend", ["force", "huose/llama", ...why], 1, /no target/],
      ["a model that is not there", ["stop", "--model", "slow", ...why], 1, /no model "slow"/],
      [
        "a time that is none",
        ["stop", "--tenant", "a", "--for", "soon", ...why],
        1,
        /duration from 1s to 30d/,
      ],
      ["a time and none", ["stop", "--tenant", "a", "--for", "1m", "--until", "lifted", ...why], 2, /either/],
      ["an end that is none", ["stop", "--tenant", "a", "--until", "tomorrow", ...why], 2, /lifted/],
      ["a lift of nothing", ["lift"], 2, /--all/],
      ["a lift of what is not in force", ["lift", "12345678"], 1, /no override "12345678"/],
    ];
  for (const [title, args, code, says] of failures)
    it(`say what is wrong with ${title}, and change nothing`, async () => {
      const result = await run(...args);
      assert.equal(result.code, code, result.err);
      assert.match(result.err, says);
      assert.equal(steering.list().length, 0);
      assert.equal(audits.length, 0);
    });
});
