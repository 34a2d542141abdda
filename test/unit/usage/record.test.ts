import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { assetPath } from "../../../src/core/asset.ts";
import { formatUsd } from "../../../src/core/money.ts";
import { parseRecord } from "../../../src/usage/read.ts";
import { serialise, type UsageRecord, usdOf } from "../../../src/usage/record.ts";
import { recordFields } from "../../../src/usage/record-fields.ts";
import { bareRecord, fullRecord } from "../../support/usage/usage-records.ts";

const thirteen = [
  "trace_id",
  "tenant_id",
  "workflow",
  "model_provider",
  "model_route",
  "prompt_version",
  "input_tokens",
  "output_tokens",
  "retrieval_latency_ms",
  "inference_latency_ms",
  "fallback_used",
  "validation_result",
  "estimated_cost_usd",
];
const schema = JSON.parse(readFileSync(assetPath("schema/usage.v1.json"), "utf8"));
const validate = new Ajv2020({ allErrors: true, formats: { uuid: true, "date-time": true } }).compile(schema);

function problemsOf(record: unknown): readonly string[] {
  return validate(record)
    ? []
    : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);
}

describe("serialise()", () => {
  it("writes one line that the published schema accepts, whether much is known or nothing", () => {
    for (const record of [bareRecord, fullRecord]) {
      const line = serialise(record);
      assert.doesNotMatch(line, /\n/);
      assert.deepEqual(problemsOf(JSON.parse(line)), []);
      assert.deepEqual(parseRecord(line), record);
      assert.match(JSON.parse(line).crc, /^[0-9a-f]{8}$/);
    }
  });

  it("always writes the thirteen keys, null where nothing is known", () => {
    const record = JSON.parse(serialise(bareRecord));
    assert.deepEqual(Object.keys(record).slice(0, 13), thirteen);
    for (const name of thirteen) assert.equal(record[name], null);
  });

  it("puts own fields beside the record's, whatever is in them", () => {
    const own = new Map([
      ["environment", 'prod "1"\n'],
      ["cost_centre", "42"],
    ]);
    const record = JSON.parse(serialise(bareRecord, own));
    assert.equal(record.environment, 'prod "1"\n');
    assert.equal(record.cost_centre, "42");
    assert.deepEqual(problemsOf(record), []);
    assert.equal(serialise(bareRecord, new Map()), serialise(bareRecord));
  });
});

describe("schema/usage.v1.json", () => {
  it("knows the fields of the record and no others", () => {
    assert.deepEqual(Object.keys(schema.properties), recordFields);
    assert.deepEqual(Object.keys(fullRecord), recordFields, "the full record has every field");
    assert.deepEqual(schema.required.slice(0, 13), thirteen);
  });

  const broken: readonly [what: string, record: Record<string, unknown>][] = [
    ["a missing key of the thirteen", omit(bareRecord, "prompt_version")],
    ["an exchange without an id", omit(bareRecord, "exchange_id")],
    ["tokens that are no count", { ...bareRecord, input_tokens: -1 }],
    ["money as a number", { ...bareRecord, cost_nano_usd: 21_000_000 }],
    ["an unknown ending", { ...bareRecord, ending: "finished" }],
    ["an own field that is no text", { ...bareRecord, environment: { deep: true } }],
    [
      "an attempt with a field of its own",
      { ...bareRecord, attempts: [{ target: "a/b", prompt: "secret" }] },
    ],
  ];
  for (const [what, record] of broken)
    it(`refuses ${what}`, () => assert.equal(problemsOf(record).length, 1, problemsOf(record).join()));
});

describe("usdOf()", () => {
  it("prints every nano-dollar below a million dollars", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 999_999_999_999_999n }), (nanoUsd) => {
        const printed = JSON.stringify(usdOf(nanoUsd));
        assert.equal(decimal(printed), formatUsd(nanoUsd));
      }),
      { numRuns: 5_000 },
    );
    assert.equal(usdOf(21_000_000n), 0.021);
  });
});

/** JavaScript writes what is below 0.000001 with an exponent. */
function decimal(printed: string): string {
  const [digits = "", exponent] = printed.split("e-");
  if (exponent === undefined) return printed;
  return `0.${"0".repeat(Number(exponent) - 1)}${digits.replace(".", "")}`;
}

function omit(record: UsageRecord, name: keyof UsageRecord): Record<string, unknown> {
  const { [name]: _, ...rest } = record;
  return rest;
}
