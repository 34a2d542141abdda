import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { inTimeZone } from "../../../src/usage/dimension.ts";
import { reportRows } from "../../../src/usage/format.ts";
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

describe("report()", () => {
  it("sums exactly by each field's value, dearest first, records without one as their own group", async () => {
    assert.deepEqual(reportRows(await report(records, ["tenant_id"])), [
      {
        tenant_id: "acme",
        exchanges: 2,
        input_tokens: 1_802,
        output_tokens: 420,
        cost_nano_usd: "9007199275740993",
      },
      { tenant_id: null, exchanges: 1, input_tokens: 5, output_tokens: 5, cost_nano_usd: "30" },
      { tenant_id: "beta", exchanges: 1, input_tokens: 0, output_tokens: 0, cost_nano_usd: "0" },
    ]);
  });

  it("groups by local days, months and hours, in zones of half hours and over changes of clocks", async () => {
    const times = ["2026-10-24T21:59:59.999Z", "2026-10-24T22:00:00.000Z", "2026-10-25T00:30:00.000Z"];
    const spent = [...times, "2026-10-25T01:30:00.000Z", "2026-10-31T23:00:00.000Z"].map((time) => ({
      time,
      cost_nano_usd: "1",
    }));
    const keys = async (field: string, zone: string) => {
      const { by, rows } = await report(spent, inTimeZone([field], zone));
      assert.deepEqual(by, [field]);
      return Object.fromEntries(rows.map(({ key, exchanges }) => [key[0], exchanges]));
    };
    assert.deepEqual(await keys("day", "Europe/Berlin"), {
      "2026-10-24": 1,
      "2026-10-25": 3,
      "2026-11-01": 1,
    });
    assert.deepEqual(await keys("month", "Europe/Berlin"), { "2026-10": 4, "2026-11": 1 });
    // The clocks go back at three: two hours are called two.
    assert.deepEqual((await keys("hour", "Europe/Berlin"))["2026-10-25T02"], 2);
    assert.deepEqual((await keys("hour", "Asia/Kolkata"))["2026-10-25T03"], 2);
  });

  it("groups by several fields, own ones, flags and the time's day", async () => {
    const { rows } = await report(records, ["day", "environment", "stream"]);
    assert.deepEqual(
      rows.map(({ key, exchanges }) => [...key, exchanges]),
      [
        ["2026-11-21", null, "false", 1],
        ["2026-11-20", null, "true", 1],
        ["2026-11-21", "dev", null, 1],
        ["2026-11-21", null, null, 1],
      ],
    );
  });

  it("has one row and the same total without fields, and none without records", async () => {
    const all = await report(records, []);
    assert.deepEqual(all.rows, [all.total]);
    assert.equal(all.total.exchanges, 4);
    assert.deepEqual((await report([], ["tenant_id"])).rows, []);
  });

  it("takes names that objects have of their own for fields like any other", async () => {
    const { rows } = await report(records, ["constructor", "__proto__"]);
    assert.deepEqual(
      rows.map((row) => row.key),
      [[null, null]],
    );
  });
});
