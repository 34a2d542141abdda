import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type AdminServer, startAdminServer } from "../../../../src/admin/admin-server.ts";
import { doUsageJob } from "../../../../src/admin/usage-job.ts";
import { type UsageJobLimits, UsageJobs } from "../../../../src/admin/usage-jobs.ts";
import { focusDimensions } from "../../../../src/usage/focus.ts";
import { serialise } from "../../../../src/usage/record.ts";
import { hourOf, segmentName } from "../../../../src/usage/segment.ts";
import { noBudgets } from "../../../support/admin/no-budgets.ts";
import { noOverrides } from "../../../support/admin/no-overrides.ts";
import { fullRecord } from "../../../support/usage/usage-records.ts";

const nowMs = Date.parse("2026-11-21T12:00:00Z");
const records = 4_000;
const token = "admin-token";

let folder = "";
let desk: UsageJobs;
let server: AdminServer;

async function serve(limits: UsageJobLimits = {}): Promise<void> {
  desk = new UsageJobs(folder, limits);
  server = await startAdminServer(
    { host: "127.0.0.1", port: 0 },
    {
      unreadyReasons: () => [],
      targets: () => ({ targets: [], retry_budget: { requests: 0, retries: 0, allowed: 30 } }),
      overrides: noOverrides,
      metrics: async () => ({ contentType: "text/plain", text: "" }),
      config: () => ({}),
      token: () => token,
      ownToken: () => undefined,
      usage: desk,
      budgets: noBudgets,
      nowMs: () => nowMs,
    },
  );
}

async function stop(): Promise<void> {
  await desk.close();
  await server.close();
}

const get = (path: string, authorization = `Bearer ${token}`): Promise<Response> =>
  fetch(`${server.url}${path}`, { headers: { authorization } });

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "tollgate-admin-"));
  const lines = Array.from({ length: records }, (_, n) => {
    const time = new Date(nowMs - 86_400_000 + n).toISOString();
    const tenant_id = n % 2 === 0 ? "acme" : "zeta";
    return `${serialise({ ...fullRecord, exchange_id: `x-${n}`, trace_id: null, time, tenant_id })}\n`;
  });
  await writeFile(join(folder, segmentName({ hour: hourOf(nowMs), number: 1 })), lines.join(""));
});
after(() => rm(folder, { recursive: true, force: true }));

describe("doUsageJob()", () => {
  const period = { sinceMs: nowMs - 2 * 86_400_000, untilMs: nowMs };
  const query = { ...period, top: undefined, baseline: false, projection: false, timeZone: "UTC" };

  it("answers a table, CSV, FOCUS lines or bars when asked", async () => {
    for (const [format, type, head] of [
      ["table", "text/plain", "month  "],
      ["csv", "text/csv", "month,"],
      ["chart", "text/plain", "2026-11  █"],
      ["focus", "text/csv", "BilledCost,"],
    ] as const) {
      const by = format === "focus" ? focusDimensions : ["month"];
      const { status, contentType, text } = await doUsageJob(folder, {
        kind: "report",
        query: { ...query, by, format },
      });
      assert.equal(status, 200);
      assert.ok(contentType.startsWith(type) && text.startsWith(head), format);
    }
  });

  it("says that there is no such exchange, and when there is too much to answer", async () => {
    assert.equal((await doUsageJob(folder, { kind: "find", id: "x-4000" })).status, 404);
    const many = { ...query, by: ["exchange_id"], format: "json" } as const;
    const answer = await doUsageJob(folder, { kind: "report", query: many }, 100_000);
    assert.deepEqual(
      [answer.status, answer.text],
      [422, "this is more than one answer holds: ask for a shorter period, or `top`\n"],
    );
  });
});

describe("GET /usage", () => {
  before(() => serve());
  after(stop);

  it("answers the rows that `tollgate usage --json` gives", async () => {
    const response = await get("/usage?by=tenant_id&since=2d&top=1&baseline");
    assert.deepEqual([response.status, response.headers.get("content-type")], [200, "application/json"]);
    assert.deepEqual(await response.json(), [
      {
        tenant_id: "acme",
        exchanges: records / 2,
        input_tokens: 900 * records,
        output_tokens: 210 * records,
        cost_nano_usd: String(10_500_000 * records),
        wasted_nano_usd: "0",
        baseline_cost_nano_usd: "0",
        change_percent: null,
      },
    ]);
  });

  it("says what is wrong with a query", async () => {
    for (const [query, why] of [
      ["sinse=7d", '"sinse" is not one of by, since, until, top, baseline, project, format, timezone\n'],
      ["since=yesterday", /^"since" must be /],
      ["baseline=no", '"baseline" is there or not: it has no value\n'],
      ["format=pdf", '"format" must be one of table, csv, json, chart, focus\n'],
    ] as const) {
      const response = await get(`/usage?${query}`);
      assert.equal(response.status, 400);
      const text = await response.text();
      if (typeof why === "string") assert.equal(text, why);
      else assert.match(text, why);
    }
  });

  it("asks for the admin token first", async () => {
    assert.equal((await get("/usage", "Bearer other")).status, 401);
    assert.equal((await get("/usage/x-1", "Bearer other")).status, 401);
  });

  it("finds one exchange", async () => {
    const response = await get("/usage/x-3999");
    const [record] = (await response.json()) as { exchange_id: string }[];
    assert.deepEqual([response.status, record?.exchange_id], [200, "x-3999"]);
    assert.equal((await get("/usage/%zz")).status, 400);
  });

  it("leaves the thread that serves requests free meanwhile", async () => {
    const before = performance.eventLoopUtilization();
    await (await get("/usage?by=user_id,hour")).text();
    const { utilization } = performance.eventLoopUtilization(before);
    assert.ok(utilization < 0.5, `busy for ${utilization} of the report`);
  });

  it("does one job after the other, and refuses what would wait behind too many", async () => {
    await stop();
    await serve({ waitingMax: 1 });
    const answers = await Promise.all(Array.from({ length: 4 }, () => get("/usage/x-0")));
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 503, 503]);
  });

  it("gives up on a job that takes too long, and goes on with the next", async () => {
    await stop();
    await serve({ jobMs: 1 });
    const answers = await Promise.all([get("/usage"), get("/usage")]);
    assert.deepEqual(
      answers.map(({ status }) => status),
      [504, 504],
    );
  });

  it("ends what is under way when it is closed", async () => {
    await stop();
    await serve();
    const pending = desk.do({ kind: "find", id: "nobody" });
    const refused = assert.rejects(pending, { code: "shutting_down" });
    await desk.close();
    await refused;
    await assert.rejects(desk.do({ kind: "find", id: "nobody" }), { code: "shutting_down" });
  });
});
