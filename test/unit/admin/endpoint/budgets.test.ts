import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type AdminServer, startAdminServer } from "../../../../src/admin/admin-server.ts";
import { appendAudit } from "../../../../src/admin/audit-log.ts";
import { ledgerBudgets } from "../../../../src/admin/ledger-budgets.ts";
import { UsageJobs } from "../../../../src/admin/usage-jobs.ts";
import { MemoryLedger } from "../../../../src/ledger/memory.ts";
import type { Policy } from "../../../../src/policy/policy.ts";
import { noOverrides } from "../../../support/admin/no-overrides.ts";
import { manualClock } from "../../../support/core/manual-clock.ts";
import { account, claim } from "../../../support/ledger/ledger-accounts.ts";

const folder = mkdtempSync(join(tmpdir(), "tg-limits-"));
const auditFile = join(folder, "ledger", "audit.jsonl");
const ledger = new MemoryLedger({ clock: manualClock("2026-08-03T12:00:00Z") });
const token = "a-token-of-sixteen-or-more";
const day = account("day", 1_000n);
const usage = new UsageJobs(folder);
let admin: AdminServer;
const dayPolicy: Policy = {
  name: "day",
  judge: () => ({ kind: "allow", claims: [] }),
  rules: [
    {
      unit: day.unit,
      window: day.window,
      fields: ["tenant_id"],
      claim: () => {},
      find: (key) => (key.startsWith("tenant_id=") ? account("day", 1_000n, key) : undefined),
    },
  ],
  degrade: [{ atPercent: 50, to: { kind: "use", model: "fast" } }],
};

before(async () => {
  admin = await startAdminServer(
    { host: "127.0.0.1", port: 0 },
    {
      unreadyReasons: () => [],
      targets: () => ({ targets: [], retry_budget: { requests: 0, retries: 0, allowed: 30 } }),
      overrides: noOverrides,
      metrics: async () => ({ contentType: "text/plain", text: "" }),
      config: () => ({}),
      token: () => token,
      ownToken: () => undefined,
      usage,
      nowMs: () => 0,
      budgets: ledgerBudgets({
        ledger,
        policies: () => [dayPolicy],
        audit: (entry) => appendAudit(auditFile, { time: "2026-08-03T12:00:00.000Z", ...entry }),
      }),
    },
  );
  ledger.reserve("a", [[claim(day, 600n), claim(account("open", 4n, "user_id=ann"), 1n)]]);
  ledger.reserve("b", [[claim(day, 100n)]]);
  ledger.settle("b", [{ accountId: day.id, amount: 70n }]);
});
after(async () => {
  await admin.close();
  await usage.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Sent {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

async function call(path: string, { body, headers }: Sent = {}) {
  const response = await fetch(`${admin.url}${path}`, {
    method: body === undefined ? "GET" : "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json", ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text.startsWith("{") ? JSON.parse(text) : undefined };
}

function audit(): readonly Record<string, string>[] {
  return readFileSync(auditFile, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { crc, ...entry } = JSON.parse(line);
      assert.match(crc, /^[0-9a-f]{8}$/);
      return entry;
    });
}

describe("the admin interface to budgets", () => {
  it("lists accounts with what is used, held and left, and when it resets", async () => {
    const { json } = await call("/budgets");
    assert.equal(json.more, false);
    assert.deepEqual(json.accounts[0], {
      id: day.id,
      name: "day",
      key: "tenant_id=acme",
      unit: "nano_usd",
      window: "day@UTC",
      limit: "1000",
      used: "70",
      held: "600",
      left: "330",
      percent: 67,
      degrade: "50%: use fast",
      resets_at: "2026-08-04T00:00:00.000Z",
    });
    assert.equal(json.accounts.length, 2);
  });

  it("lists those of one rule, one key, or one id alone", async () => {
    const names = async (query: string) =>
      (await call(`/budgets?${query}`)).json.accounts.map((row: { name: string }) => row.name);
    assert.deepEqual(await names("name=open"), ["open"]);
    assert.deepEqual(await names("key=tenant_id%3Dacme"), ["day"]);
    assert.deepEqual(await names(`id=${encodeURIComponent(day.id)}&id=none`), ["day"]);
    assert.deepEqual(await names("name=nobody"), []);
  });

  it("grants, raises and resets, and writes down who did what, when and from where", async () => {
    const granted = await call("/budgets/grant", { body: { id: day.id, amount: "500", by: "ann" } });
    assert.equal(granted.json.account.limit, "1500");
    const raised = await call("/budgets/raise", { body: { id: day.id, to: "2000", by: "bob" } });
    assert.equal(raised.json.account.limit, "2000");
    const reset = await call("/budgets/reset", { body: { id: day.id, by: "ann" } });
    assert.deepEqual([reset.json.account.used, reset.json.account.held], ["0", "600"]);
    const common = { time: "2026-08-03T12:00:00.000Z", account: day.id, from: "127.0.0.1" };
    assert.deepEqual(audit(), [
      { ...common, action: "grant", by: "ann", amount: "500" },
      { ...common, action: "raise", by: "bob", amount: "500" },
      { ...common, action: "reset", by: "ann" },
    ]);
  });

  const refused: readonly (readonly [title: string, path: string, sent: Sent, status: number])[] = [
    ["without the token", "/budgets", { headers: { authorization: "Bearer no" } }, 401],
    ["a change without the token", "/budgets/reset", { body: {}, headers: { authorization: "" } }, 401],
    ["a change by GET", "/budgets/reset", {}, 405],
    ["a list by POST", "/budgets", { body: {} }, 405],
    ["who does not say who", "/budgets/reset", { body: { id: day.id } }, 400],
    ["an account that nobody uses", "/budgets/reset", { body: { id: "none", by: "ann" } }, 400],
    [
      "an amount that is no number",
      "/budgets/grant",
      { body: { id: day.id, amount: "5 usd", by: "ann" } },
      400,
    ],
    ["to raise a limit to less", "/budgets/raise", { body: { id: day.id, to: "5", by: "ann" } }, 400],
    ["what is no JSON", "/budgets/reset", { body: "{" }, 400],
    ["a form", "/budgets/reset", { body: "{}", headers: { "content-type": "text/plain" } }, 400],
    [
      "a page of another origin",
      "/budgets/reset",
      { body: {}, headers: { origin: "http://a.example" } },
      403,
    ],
    ["a body without end", "/budgets/reset", { body: "x".repeat(70_000) }, 413],
  ];
  for (const [title, path, sent, status] of refused)
    it(`refuses ${title}, and changes nothing`, async () => {
      const before = [audit().length, ledger.find(day.id)];
      assert.equal((await call(path, sent)).status, status);
      assert.deepEqual([audit().length, ledger.find(day.id)], before);
    });

  it("writes down what could not be done, and says so", async () => {
    const open = account("open", 4n, "user_id=ann").id;
    const { status, json } = await call("/budgets/grant", { body: { id: open, amount: "1", by: "ann" } });
    assert.equal(status, 400);
    assert.match(json.error, /refills by itself/);
    assert.match(audit().at(-1)?.failed ?? "", /refills by itself/);
  });
});
