import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type AdminServer, startAdminServer } from "../../../src/admin/admin-server.ts";
import type { AccountAudit } from "../../../src/admin/audit-log.ts";
import { ledgerBudgets } from "../../../src/admin/ledger-budgets.ts";
import { UsageJobs } from "../../../src/admin/usage-jobs.ts";
import { MemoryLedger } from "../../../src/ledger/memory.ts";
import type { Policy } from "../../../src/policy/policy.ts";
import { noOverrides } from "../../support/admin/no-overrides.ts";
import { manualClock } from "../../support/core/manual-clock.ts";
import { account, claim } from "../../support/ledger/ledger-accounts.ts";
import { type CliResult, runLine } from "../../support/stack/terminal.ts";

const token = "a-token-of-sixteen-or-more";
const audits: Omit<AccountAudit, "time">[] = [];
const ledger = new MemoryLedger({ clock: manualClock("2026-08-03T12:00:00Z") });
const day = account("day", 2_000_000_000n);
let folder: string;
let usage: UsageJobs;
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
      find: (key) => (key.startsWith("tenant_id=") ? account("day", 2_000_000_000n, key) : undefined),
    },
  ],
  degrade: [{ atPercent: 60, to: { kind: "clamp", atLeast: 200 } }],
};

before(async () => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-budgets-"));
  usage = new UsageJobs(folder);
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
        audit: async (entry) => void audits.push(entry),
      }),
    },
  );
  const config = (address: string) => `
version: 1
admin: { address: "${address}", token: "\${env:TOKEN}" }
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 0.2, output: 0.6 } }
models: { fast: { targets: [house/llama] } }
identity: [{ type: anonymous, tenant_id: local }]
`;
  writeFileSync(join(folder, "tollgate.yaml"), config(new URL(admin.url).host));
  writeFileSync(join(folder, "zero.yaml"), config("127.0.0.1:0"));
  ledger.reserve("a", [[claim(day, 500_000_000n), claim(account("open", 4n, ""), 1n)]]);
  ledger.reserve("b", [[claim(day, 900_000_000n)]]);
  ledger.settle("b", [{ accountId: day.id, amount: 750_000_000n }]);
});
after(async () => {
  await admin.close();
  await usage.close();
  rmSync(folder, { recursive: true, force: true });
});

const run = (...args: readonly string[]): Promise<CliResult> =>
  runLine(["budgets", ...args], { cwd: folder, env: { TOKEN: token, USER: "ann" } });

describe("tollgate budgets", () => {
  it("shows what is used, held and left, and when it resets", async () => {
    const { code, out } = await run();
    assert.equal(code, 0);
    assert.equal(
      out,
      [
        "rule  key             window     limit     used     held     left  taken  degrades                    resets",
        "day   tenant_id=acme  day@UTC       $2    $0.75     $0.5    $0.75    62%  60%: clamp to at least 200  2026-08-04T00:00:00Z",
        "open  (all)           open     4 slots  0 slots  1 slots  3 slots    25%                              2026-08-03T12:00:00Z",
      ].join("\n"),
    );
  });

  it("shows the same as JSON, and those of one rule alone", async () => {
    const { out } = await run("--json", "--name", "day");
    const [row, ...others] = JSON.parse(out);
    assert.equal(others.length, 0);
    assert.deepEqual([row.used, row.held, row.left], ["750000000", "500000000", "750000000"]);
  });

  it("grants, raises and resets in dollars, in the name of who asks", async () => {
    const granted = await run("grant", "day", "1.50", "--key", "tenant_id=acme", "--json");
    assert.equal(JSON.parse(granted.out)[0].limit, "3500000000");
    const raised = await run("raise", "day", "$5", "--key", "tenant_id=acme", "--by", "bob", "--json");
    assert.equal(JSON.parse(raised.out)[0].limit, "5000000000");
    const reset = await run("reset", "day", "--key", "tenant_id=acme", "--json");
    assert.equal(JSON.parse(reset.out)[0].used, "0");
    assert.deepEqual(
      audits.map(({ action, by, amount }) => [action, by, amount]),
      [
        ["grant", "ann", "1500000000"],
        ["raise", "bob", "1500000000"],
        ["reset", "ann", undefined],
      ],
    );
  });

  it("raises, grants and resets for somebody who has used nothing yet", async () => {
    for (const [tenant, ...change] of [
      ["new1", "raise", "day", "5"],
      ["new2", "grant", "day", "3"],
      ["new3", "reset", "day"],
    ]) {
      const { code, out, err } = await run(...change, "--key", `tenant_id=${tenant}`, "--json");
      assert.equal(code, 0, err);
      const [row] = JSON.parse(out);
      assert.deepEqual(
        [row.key, row.limit, row.used],
        [`tenant_id=${tenant}`, tenant === "new3" ? "2000000000" : "5000000000", "0"],
      );
    }
    const large = claim(account("day", 2_000_000_000n, "tenant_id=new1"), 5_000_000_000n);
    assert.equal(ledger.reserve("large", [[large]]).kind, "taken");
    ledger.settle("large", []);
  });

  it("raises for somebody who was refused and has used nothing", async () => {
    const large = claim(account("day", 2_000_000_000n, "tenant_id=refused"), 3_000_000_000n);
    assert.equal(ledger.reserve("large", [[large]]).kind, "refused");
    const { code, err } = await run("raise", "day", "3", "--key", "tenant_id=refused");
    assert.equal(code, 0, err);
    assert.equal(ledger.reserve("large", [[large]]).kind, "taken");
    ledger.settle("large", []);
  });

  const failures: readonly (readonly [title: string, args: readonly string[], code: number, says: RegExp])[] =
    [
      [
        "a key that the rule keeps no account by",
        ["reset", "day", "--key", "workflow=zeta"],
        1,
        /"day" has no account for workflow=zeta/,
      ],
      ["a rule that is not there", ["reset", "night"], 1, /no limit or budget is called "night"/],
      ["a rule of several keys and no key", ["reset", "day"], 1, /choose one with --key/],
      ["an amount that is none", ["grant", "day", "much", "--key", "tenant_id=acme"], 2, /not an amount/],
      [
        "to raise by a negative amount",
        ["raise", "day", "--key", "tenant_id=acme", "--", "-5"],
        2,
        /not an amount/,
      ],
      ["a gateway that is not there", ["--admin", "http://127.0.0.1:9"], 1, /is it running/],
      ["a config without a port", ["-c", "zero.yaml"], 2, /--admin URL/],
    ];
  for (const [title, args, code, says] of failures)
    it(`says what is wrong with ${title}`, async () => {
      const result = await run(...args);
      assert.equal(result.code, code, result.err);
      assert.match(result.err, says);
    });

  it("is refused with another token, and says so", async () => {
    const place = { cwd: folder, env: { TOKEN: "another-token-of-sixteen" } };
    const { code, err } = await runLine(["budgets"], place);
    assert.equal(code, 1);
    assert.match(err, /401/);
  });
});
