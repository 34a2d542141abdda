import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type AdminServer, startAdminServer } from "../../../../src/admin/admin-server.ts";
import type { OverrideAudit } from "../../../../src/admin/audit-log.ts";
import { UsageJobs } from "../../../../src/admin/usage-jobs.ts";
import { GatewayError } from "../../../../src/core/errors.ts";
import { Registry } from "../../../../src/exchange/state/registry.ts";
import { Steering } from "../../../../src/exchange/steering.ts";
import { Overrides, overridesMax } from "../../../../src/route/overrides.ts";
import { adminSource } from "../../../support/admin/admin-source.ts";
import { manualClock } from "../../../support/core/manual-clock.ts";
import { snapshotOf } from "../../../support/exchange/exchanges.ts";

const token = "a-token-of-sixteen-or-more";
const folder = mkdtempSync(join(tmpdir(), "tg-overrides-"));
const usage = new UsageJobs(folder);
const clock = manualClock("2026-08-03T12:00:00Z");
const overrides = new Overrides();
const path = join(folder, "overrides.json");
const steering = new Steering({ clock, overrides, registry: new Registry(), path });
const snapshot = snapshotOf(`
version: 1
backends: { house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 1 } } }
models: { fast: { targets: [house/llama] } }
identity: [{ type: anonymous, tenant_id: local }]
`);
const audits: Omit<OverrideAudit, "time">[] = [];
let auditing: () => void = () => {};
let admin: AdminServer;

before(async () => {
  const audit = async (entry: Omit<OverrideAudit, "time">): Promise<void> => {
    auditing();
    audits.push(entry);
  };
  admin = await startAdminServer(
    { host: "127.0.0.1", port: 0 },
    adminSource({ usage, token: () => token, overrides: { steering, snapshot: () => snapshot, audit } }),
  );
});
after(async () => {
  await admin.close();
  await usage.close();
  rmSync(folder, { recursive: true, force: true });
});

const stop = { action: "stop", scope: { tenant: "acme" }, reason: "why", by: "ann" };

interface Sent {
  readonly method?: string;
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

async function call(where: string, { method = "POST", body, headers }: Sent) {
  const response = await fetch(`${admin.url}${where}`, {
    method,
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text.startsWith("{") ? JSON.parse(text) : undefined };
}

describe("the admin interface to overrides", () => {
  const refused: readonly (readonly [title: string, path: string, sent: Sent, status: number])[] = [
    ["an order without the token", "/overrides", { body: stop, headers: { authorization: "" } }, 401],
    ["a list without the token", "/overrides", { method: "GET", headers: { authorization: "" } }, 401],
    ["an order by PUT", "/overrides", { method: "PUT", body: stop }, 405],
    ["an order for one id", "/overrides/12345678", { body: stop }, 405],
    ["a page of another origin", "/overrides", { body: stop, headers: { origin: "http://a.example" } }, 403],
    ["who does not say who", "/overrides", { body: { ...stop, by: "" } }, 400],
    ["who does not say why", "/overrides", { body: { ...stop, reason: undefined } }, 400],
    ["an action that is none", "/overrides", { body: { ...stop, action: "pause" } }, 400],
    ["a scope that is none", "/overrides", { body: { ...stop, scope: { region: "eu" } } }, 400],
    ["to force a tenant", "/overrides", { body: { ...stop, action: "force" } }, 400],
    ["more than thirty days", "/overrides", { body: { ...stop, for: "31d" } }, 400],
    ["to lift what is not in force", "/overrides/12345678", { method: "DELETE", body: { by: "ann" } }, 400],
  ];
  for (const [title, where, sent, status] of refused)
    it(`refuses ${title}, and changes nothing`, async () => {
      assert.equal((await call(where, sent)).status, status);
      assert.deepEqual([steering.list().length, audits.length], [0, 0]);
    });

  it("lists what is in force until it expires", async () => {
    const { json } = await call("/overrides", { body: { ...stop, for: "15m" } });
    assert.deepEqual(json, {
      override: {
        ...stop,
        id: json.override.id,
        since: "2026-08-03T12:00:00.000Z",
        until: "2026-08-03T12:15:00.000Z",
      },
      cut: 0,
    });
    const list = async () => (await call("/overrides", { method: "GET" })).json.overrides;
    assert.deepEqual(await list(), [json.override]);
    clock.advance(15 * 60_000);
    assert.deepEqual(await list(), []);
  });

  it("does nothing that cannot be written down", async () => {
    auditing = () => {
      throw new GatewayError("internal", "the disk is full");
    };
    assert.equal((await call("/overrides", { body: stop })).status, 500);
    auditing = () => {};
    assert.equal(steering.list().length, 0);
  });

  it("takes no more than a bounded number, says so, and writes down what was not done", async () => {
    const draft = () => steering.draft({ ...stop, action: "stop" }, 60_000);
    overrides.replace(Array.from({ length: overridesMax }, draft));
    const { status, json } = await call("/overrides", { body: stop });
    assert.equal(status, 503);
    assert.match(json.error, /lift some/);
    assert.match(audits.at(-1)?.failed ?? "", /lift some/);
    assert.equal(steering.list().length, overridesMax);
  });
});
