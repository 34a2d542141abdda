import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { serialise, type UsageRecord } from "../../../src/usage/record.ts";
import { hourOf, segmentName } from "../../../src/usage/segment.ts";
import { type CliResult, runLine } from "../../support/stack/terminal.ts";
import { bareRecord, fullRecord } from "../../support/usage/usage-records.ts";

const config = `
version: 1
backends:
  openai: { provider: openai, apiKey: "\${env:KEY}" }
  claude: { provider: anthropic, apiKey: "\${env:KEY}" }
models:
  gpt-4.1: { targets: [openai/gpt-4.1, claude/claude-sonnet-4-5] }
identity: [{ type: anonymous, tenant_id: local }]
`;

const dayMs = 86_400_000;
const yesterdayMs = Date.now() - dayMs;
const olderMs = Date.now() - 40 * dayMs;
const id = (n: number): string => `01a2b3c4-0000-7000-8000-00000000000${n}`;

let folder: string;
const run = (...args: readonly string[]): Promise<CliResult> =>
  runLine(args, { cwd: folder, env: { KEY: "k" } });

function writeSegment(atMs: number, records: readonly UsageRecord[]): void {
  const name = segmentName({ hour: hourOf(atMs), number: 1 });
  const time = new Date(atMs).toISOString();
  const lines = records.map((record) => `${serialise({ ...record, time })}\n`);
  writeFileSync(join(folder, "var/usage", name), lines.join(""));
}

const segments = (): readonly string[] =>
  readdirSync(join(folder, "var/usage")).filter((name) => name.includes(".jsonl"));

before(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-cli-usage-"));
  mkdirSync(join(folder, "var/usage"), { recursive: true });
  writeFileSync(join(folder, "tollgate.yaml"), config);
  writeSegment(olderMs, [{ ...fullRecord, exchange_id: id(1), cost_nano_usd: "5000000000" }]);
  writeSegment(yesterdayMs, [
    { ...fullRecord, exchange_id: id(2) },
    { ...fullRecord, exchange_id: id(3), tenant_id: "zeta", user_id: "bob", cost_nano_usd: "3000000000" },
    { ...bareRecord, exchange_id: id(4) },
    { ...fullRecord, exchange_id: id(5), ending: "lost", tenant_id: null, cost_nano_usd: "1000000000" },
  ]);
  writeSegment(Date.now(), []);
});
after(() => rmSync(folder, { recursive: true }));

describe("tollgate usage", () => {
  it("sums the last 30 days by tenant and model, wasted and unattributed spend on lines of their own", async () => {
    const { code, out, err } = await run("usage");
    assert.deepEqual([code, err], [0, ""]);
    assert.deepEqual(out.split("\n"), [
      "tenant_id     requested_model  exchanges  input tokens  output tokens  cost USD  wasted USD",
      "zeta          gpt-4.1                  1         1,800            420         3           0",
      "unattributed  gpt-4.1                  1         1,800            420         1           1",
      "acme          gpt-4.1                  1         1,800            420     0.021           0",
      "unattributed  unattributed             1             0              0         0           0",
      "total                                  4         5,400          1,260     4.021           1",
      "",
      "failed and wasted calls: 1 USD (24.8 %)",
      "unattributed: 1 USD (24.8 %)",
    ]);
  });

  it("gives programs exact rows by any fields, the dearest alone when asked", async () => {
    const { out } = await run("usage", "--by", "user_id,ending", "--top", "1", "--json");
    assert.deepEqual(JSON.parse(out), [
      {
        user_id: "bob",
        ending: "completed",
        exchanges: 1,
        input_tokens: 1_800,
        output_tokens: 420,
        cost_nano_usd: "3000000000",
        wasted_nano_usd: "0",
      },
    ]);
  });

  it("sets each row beside the period before", async () => {
    const { out } = await run(
      "usage",
      "--by",
      "tenant_id",
      "--since",
      "30d",
      "--baseline",
      "--format",
      "csv",
    );
    const [head, , , acme] = out.split("\r\n");
    assert.match(head ?? "", /,baseline_cost_nano_usd,change_percent$/);
    assert.match(acme ?? "", /^acme,1,.*,5000000000,-99\.5$/);
  });

  it("projects the month so far to its end", async () => {
    const { code, out } = await run("usage", "--project", "--by", "", "--json");
    assert.equal(code, 0);
    assert.match(out, /"projected_nano_usd": "\d+"|^\[\]$/);
  });

  it("draws bars, and writes FOCUS lines", async () => {
    const chart = await run("usage", "--by", "tenant_id", "--format", "chart");
    assert.match(chart.out, /^zeta {10}█{40} 3\nunattributed {2}█{13}▎ 1\nacme {10}▎ 0\.021\n\n/);
    const focus = await run("usage", "--format", "focus");
    assert.match(focus.out, /^BilledCost,EffectiveCost,.*\r\n3,3,3,3,USD,/);
  });

  it("says when a field has no value at all: it may be misspelt", async () => {
    const { code, err } = await run("usage", "--by", "tenant");
    assert.deepEqual([code, err], [0, 'no record of this period has a value of "tenant"']);
  });

  for (const [what, args, message] of [
    ["a top of none", ["--top", "0"], "--top must be a number from 1 to 100000"],
    ["a period that ends before it begins", ["--until", "60d"], "--until must be later than since"],
    ["a projection of another period", ["--project", "--since", "7d"], "--project goes by this month so far"],
    ["fields that FOCUS does not have", ["--format", "focus", "--by", "app"], "--by must be left out"],
    ["a name that no field has", ["--by", "Tenant-ID"], "--by must be up to 8 names of record fields"],
  ] as const) {
    it(`refuses ${what}`, async () => {
      const { code, out, err } = await run("usage", ...args);
      assert.deepEqual([code, out], [2, ""]);
      assert.ok(err.startsWith(`tollgate: ${message}`), err);
    });
  }
});

describe("tollgate usage show", () => {
  it("finds one exchange by its id, with attempts, stages and accounts", async () => {
    const { code, out } = await run("usage", "show", id(2));
    assert.equal(code, 0);
    assert.match(out, /attempts\n {2}openai\/gpt-4\.1 +503 +overloaded/);
    assert.match(out, /accounts\n {2}tenant-month +tenant_id=acme +2026-11 +21000000$/);
  });

  it("finds every exchange of a trace", async () => {
    const { out } = await run("usage", "show", "4bf92f3577b34da6a3ce929d0e0e4736", "--json");
    const records = JSON.parse(out) as UsageRecord[];
    assert.deepEqual(
      records.map((record) => record.exchange_id),
      [id(1), id(2), id(3), id(5)],
    );
  });

  it("says that there is none", async () => {
    const { code, err } = await run("usage", "show", "nobody");
    assert.equal(code, 1);
    assert.match(err, /^tollgate: no record of "nobody" in /);
  });
});

describe("tollgate reconcile", () => {
  const bucket = (results: readonly object[]): string =>
    JSON.stringify({
      data: [
        {
          starting_at: new Date(yesterdayMs - 60_000).toISOString(),
          ending_at: new Date(yesterdayMs + 60_000).toISOString(),
          results,
        },
      ],
    });
  const served = { model: "claude-sonnet-4-5-20250929", cache_read_input_tokens: 3_000 };

  it("says that the records and the bill agree", async () => {
    const invoice = bucket([{ ...served, uncached_input_tokens: 2_400, output_tokens: 1_260 }]);
    writeFileSync(join(folder, "good.json"), invoice);
    const { code, out, err } = await run("reconcile", "--invoice", "good.json");
    assert.deepEqual([code, out], [0, ""]);
    assert.equal(
      err,
      "anthropic: 5400 tokens in, 1260 out\nusage log: 3 calls, 5400 tokens in, 1260 out (claude)",
    );
  });

  it("tells what differs, with exit code 1", async () => {
    writeFileSync(
      join(folder, "bad.json"),
      bucket([{ ...served, uncached_input_tokens: 2_401, output_tokens: 1_260 }]),
    );
    const { code, out, err } = await run("reconcile", "--invoice", "bad.json", "--json");
    assert.equal(code, 1);
    const [row] = JSON.parse(out) as { theirs: object; ours: object }[];
    assert.deepEqual(row?.theirs, { calls: null, input_tokens: 5_401, output_tokens: 1_260 });
    assert.deepEqual(row?.ours, { calls: 3, input_tokens: 5_400, output_tokens: 1_260 });
    assert.match(err, /tollgate: 1 difference$/);
  });

  it("refuses a file that is no export, and a backend that is not there", async () => {
    writeFileSync(join(folder, "other.json"), '{"a":1}');
    const other = await run("reconcile", "--invoice", "other.json");
    assert.equal(other.code, 1);
    assert.match(other.err, /other\.json: entry 1 is no usage of OpenAI, Anthropic or Bedrock$/);
    const backend = await run("reconcile", "--invoice", "good.json", "--backend", "gone");
    assert.deepEqual(
      [backend.code, backend.err],
      [2, "tollgate: --backend gone: the config has no such backend"],
    );
  });
});

describe("tollgate usage export", () => {
  it("writes the records to a Parquet file", async () => {
    const { code, out } = await run("usage", "export", "--parquet", "out.parquet", "--since", "30d");
    assert.deepEqual([code, out], [0, "4 records written to out.parquet"]);
    assert.equal(readFileSync(join(folder, "out.parquet"), "latin1").slice(0, 4), "PAR1");
  });
});

describe("tollgate usage compress, erase and remove", () => {
  it("leave the sums as they were, or take old segments away", async () => {
    const rows = (await run("usage", "--by", "tenant_id", "--json")).out;
    assert.equal((await run("usage", "compress")).out, "2 segments compressed");
    assert.equal(segments().filter((name) => name.endsWith(".gz")).length, 2);
    assert.equal((await run("usage", "erase", "user_id=bob")).out, "1 record erased");
    assert.equal((await run("usage", "--by", "tenant_id", "--json")).out, rows);
    assert.doesNotMatch((await run("usage", "--by", "user_id")).out, /bob/);
    assert.equal((await run("usage", "remove", "--before", "30d")).out, "1 segment removed");
    assert.equal(segments().length, 2);
  });

  it("say what they did not understand", async () => {
    assert.equal((await run("usage", "erase", "bob")).code, 2);
    assert.equal((await run("usage", "remove", "--before", "soon")).code, 2);
    assert.equal((await run("usage", "remove")).code, 2);
  });
});
