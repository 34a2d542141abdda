import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { Alert } from "../../src/admin/alert.ts";
import { loadConfig } from "../../src/config/load.ts";
import { Gateway } from "../../src/gateway.ts";
import type { Account } from "../../src/ledger/ledger.ts";
import { until } from "../support/core/until.ts";

const received: { readonly threshold: number; readonly signed: boolean }[] = [];
const refused: string[] = [];
const logged: string[] = [];
let infos = 0;
const log = {
  info: () => {
    infos += 1;
  },
  warn: (_fields: object, message: string) => logged.push(message),
  error: (fields: object, message: string) => assert.fail(`${message} ${JSON.stringify(fields)}`),
};
let receiver: Server;
let folder: string;

before(async () => {
  receiver = createServer(async (request, response) => {
    let body = "";
    for await (const piece of request) body += piece;
    const signed = request.headers["webhook-signature"] !== undefined;
    const alert = JSON.parse(body) as Alert;
    if (alert.type === "backend.refused") refused.push(alert.backend);
    else if (alert.type === "budget.threshold") received.push({ threshold: alert.threshold, signed });
    response.end();
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  folder = mkdtempSync(join(tmpdir(), "tg-alerts-"));
  const { port } = receiver.address() as AddressInfo;
  writeFileSync(
    join(folder, "tollgate.yaml"),
    `
version: 1
server: { address: "unix:./t.sock" }
admin: { address: "127.0.0.1:0" }
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 1 } }
models: { one: { targets: [house/gpt-4.1] } }
identity: [{ type: anonymous, tenant_id: local }]
budgets: [{ name: day, usd: 1, window: day, alerts: [50%, 80%] }]
alerts: { webhook: { url: "http://127.0.0.1:${port}/", secret: "\${env:SECRET}" } }
`,
  );
});
after(() => {
  receiver.closeAllConnections();
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(): Promise<Gateway> {
  const loaded = loadConfig(join(folder, "tollgate.yaml"), { SECRET: "a secret of some length" });
  if (loaded.kind === "problems") throw new Error(loaded.problems[0].message);
  return Gateway.start({ snapshot: loaded.snapshot, log });
}

const account: Account = {
  id: "day||day@UTC|nano_usd",
  name: "day",
  key: "",
  unit: "nano_usd",
  window: { kind: "calendar", period: "day", timeZone: "UTC" },
  limit: 1_000_000_000n,
  alerts: [50, 80],
};

async function use(gateway: Gateway, id: string, amount: bigint): Promise<void> {
  await gateway.ledger.reserve(id, [[{ account, amount }]]);
  await gateway.ledger.settle(id, [{ accountId: account.id, amount }]);
}

describe("a budget that passes a threshold", () => {
  it("is told once, signed, by log, metric and webhook, and not again after a restart", async () => {
    const first = await start();
    await use(first, "a", 600_000_000n);
    await use(first, "b", 1n);
    await until("the alert is there", () => received.length === 1);
    assert.deepEqual(received, [{ threshold: 50, signed: true }]);
    assert.deepEqual(logged, ["a budget has passed a threshold"]);
    const metrics = await (await fetch(`${first.adminUrl}/metrics`)).text();
    assert.match(metrics, /^tollgate_limit_alerts_total\{rule="day",percent="50"\} 1$/m);
    assert.match(metrics, /^tollgate_limit_left\{rule="day",unit="nano_usd",window="day@UTC"\} 399999999$/m);
    await first.close();
    const second = await start();
    await use(second, "c", 1n);
    await delay(50);
    assert.equal(received.length, 1);
    await use(second, "d", 200_000_000n);
    await until("the next alert is there", () => received.length === 2);
    assert.equal(received[1]?.threshold, 80);
    await second.close();
  });
});

describe("a backend that refuses our credentials", () => {
  it("is told by webhook", async () => {
    const gateway = await start();
    gateway.targetHealth.note({ backend: "house", model: "gpt-4.1" }, { kind: "refused" }, 0);
    await until("the alert is there", () => refused.length > 0);
    assert.deepEqual(refused, ["house"]);
    await gateway.close();
  });
});

it("holds every line of a gateway to a rate, whatever repeats it", async () => {
  const gateway = await start();
  await use(gateway, "c", 1n);
  infos = 0;
  for (let times = 0; times < 100; times++) await gateway.ledger.reset(account.id, "an operator");
  await gateway.close();
  assert.ok(infos > 0 && infos <= 30, `${infos} lines`);
});
