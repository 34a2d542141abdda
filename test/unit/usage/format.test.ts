import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { baselineColumns, projectionColumn, wastedColumn } from "../../../src/usage/extra-column.ts";
import { focusDimensions, formatFocus } from "../../../src/usage/focus.ts";
import { formatReport, reportRows, topRows } from "../../../src/usage/format.ts";
import { report } from "../../../src/usage/report.ts";

const records = [
  {
    tenant_id: "acme",
    requested_model: "gpt-4.1",
    time: "2026-11-20T23:59:59.000Z",
    stream: true,
    input_tokens: 1_800,
    output_tokens: 420,
    cost_nano_usd: "21000000",
  },
  {
    tenant_id: "acme",
    requested_model: "gpt-4.1",
    time: "2026-11-21T00:00:00.000Z",
    stream: false,
    input_tokens: 2,
    output_tokens: null,
    cost_nano_usd: "9007199254740993",
  },
  {
    tenant_id: "beta",
    requested_model: null,
    time: "2026-11-21T01:00:00.000Z",
    input_tokens: null,
    output_tokens: null,
  },
  {
    requested_model: "fast",
    environment: "dev",
    time: "2026-11-21T01:00:00.000Z",
    input_tokens: 5,
    output_tokens: 5,
    cost_nano_usd: "30",
  },
];

describe("formatReport()", () => {
  it("aligns a table and ends it with the total", async () => {
    const text = formatReport(await report(records, ["tenant_id"]), "table");
    assert.deepEqual(text.split("\n"), [
      "tenant_id     exchanges  input tokens  output tokens           cost USD",
      "acme                  2         1,802            420  9007199.275740993",
      "unattributed          1             5              5         0.00000003",
      "beta                  1             0              0                  0",
      "total                 4         1,807            425  9007199.275741023",
      "",
    ]);
  });

  it("writes CSV that neither a comma, a quote nor a formula breaks", async () => {
    const odd = [{ app: 'a,"b"\n' }, { app: "=cmd()" }];
    const text = formatReport(await report(odd, ["app"]), "csv");
    assert.equal(
      text,
      'app,exchanges,input_tokens,output_tokens,cost_nano_usd\r\n\'=cmd(),1,0,0,0\r\n"a,""b""\n",1,0,0,0\r\n',
    );
  });

  it("writes rows as JSON", async () => {
    const result = await report(records, ["tenant_id", "requested_model"]);
    assert.deepEqual(JSON.parse(formatReport(result, "json")), reportRows(result));
  });

  it("lets no value steer the terminal", async () => {
    const text = formatReport(await report([{ app: "\u001b[31mred\u0007" }], ["app"]), "table");
    assert.doesNotMatch(text.replaceAll("\n", ""), /\p{C}/u);
  });

  it("adds columns that are asked for: what was wasted, an earlier period, the month's end", async () => {
    const wasted = [{ team: "a", ending: "timeout", cost_nano_usd: "3000000000" }];
    const now = await report(
      [...wasted, { team: "a", ending: "completed", cost_nano_usd: "1000000000" }],
      ["team"],
    );
    const earlier = await report([{ team: "a", cost_nano_usd: "3000000000" }], ["team"]);
    const tenDaysIn = Date.parse("2026-11-11T00:00:00Z");
    const extras = [wastedColumn, ...baselineColumns(earlier), projectionColumn(tenDaysIn, "UTC")];
    const [row] = reportRows(now, extras);
    assert.equal(row?.wasted_nano_usd, "3000000000");
    assert.equal(row?.baseline_cost_nano_usd, "3000000000");
    assert.equal(row?.change_percent, 33.3);
    assert.equal(row?.projected_nano_usd, "12000000000");
    assert.deepEqual(formatReport(now, "table", extras).split("\n"), [
      "team   exchanges  input tokens  output tokens  cost USD  wasted USD  baseline USD  change %  month's end USD",
      "a              2             0              0         4           3             3      33.3               12",
      "total          2             0              0         4           3             3      33.3               12",
      "",
    ]);
    assert.match(
      formatReport(now, "csv", extras),
      /^a,2,0,0,4000000000,3000000000,3000000000,33.3,12000000000\r$/m,
    );
  });

  it("says nothing of change where there was nothing before", async () => {
    const now = await report([{ team: "new", cost_nano_usd: "5" }], ["team"]);
    const [row] = reportRows(now, baselineColumns(await report([], ["team"])));
    assert.equal(row?.baseline_cost_nano_usd, "0");
    assert.equal(row?.change_percent, null);
  });

  it("draws bars, the dearest the longest, and days in their order", async () => {
    const text = formatReport(await report(records, ["day"]), "chart");
    assert.deepEqual(text.split("\n"), [
      "2026-11-20  0.021",
      `2026-11-21  ${"█".repeat(40)} 9007199.254741023`,
      "",
    ]);
    assert.equal(formatReport(await report([], ["day"]), "chart"), "");
  });
});

describe("topRows()", () => {
  it("keeps the dearest rows, and the total of all", async () => {
    const top = topRows(await report(records, ["tenant_id"]), 1);
    assert.deepEqual(
      top.rows.map((row) => row.key),
      [["acme"]],
    );
    assert.equal(top.total.exchanges, 4);
  });
});

describe("formatFocus()", () => {
  it("writes a line a day and group, with the columns that FOCUS asks for", async () => {
    const record = {
      ...records[0],
      model_provider: "openai",
      model_route: "openai/gpt-4.1",
      price_version: "p1",
    };
    const [head = "", line = "", end] = formatFocus(await report([record], focusDimensions)).split("\r\n");
    assert.equal(end, "");
    const names = head.split(",");
    const at = (name: string) => line.split(",")[names.indexOf(name)];
    assert.equal(at("BilledCost"), "0.021");
    assert.equal(at("ChargePeriodStart"), "2026-11-20T00:00:00.000Z");
    assert.equal(at("ChargePeriodEnd"), "2026-11-21T00:00:00.000Z");
    assert.equal(at("BillingPeriodEnd"), "2026-12-01T00:00:00.000Z");
    assert.equal(at("ConsumedQuantity"), "2220");
    assert.equal(at("SubAccountId"), "acme");
    assert.equal(at("SkuPriceId"), "p1");
  });
});
