import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { keyDescriptions } from "../../../src/config/key-descriptions.ts";
import { recordSchema } from "../../../src/usage/record-schema.ts";
import { adminApiReference } from "../../support/reference/admin-api.ts";
import { configKeysByPath, configurationReference } from "../../support/reference/configuration.ts";
import { assertGenerated, assertGeneratedJson } from "../../support/reference/generated-part.ts";
import { metricsReference } from "../../support/reference/metrics.ts";
import { usageRecordReference } from "../../support/reference/usage-record.ts";

describe("the reference documents", () => {
  const parts: readonly (readonly [path: string, render: () => string])[] = [
    ["docs/metrics.md", metricsReference],
    ["docs/admin-api.md", adminApiReference],
    ["docs/configuration.md", configurationReference],
    ["docs/usage-record.md", usageRecordReference],
  ];
  for (const [path, render] of parts)
    it(`${path} says what the code says`, () => assertGenerated(path, render()));

  it("schema/usage.v1.json says what the table of the record's fields says", () =>
    assertGeneratedJson("schema/usage.v1.json", recordSchema()));

  it("describe the fields of the objects and lists in a record, too", () => {
    const reference = usageRecordReference();
    for (const part of ["### `attempts[]`", "### `attempts[].usage`", "### `stage_ms`", "### `accounts[]`"])
      assert.ok(reference.includes(part), part);
  });

  it("describe every key of the config", () => {
    const missing = [...configKeysByPath()].filter(([, keys]) => keys.some((key) => !key.schema.description));
    assert.deepEqual(
      missing.map(([path]) => path),
      [],
    );
  });

  it("describe no key that the config does not have", () => {
    const paths = configKeysByPath();
    assert.deepEqual(
      Object.keys(keyDescriptions).filter((path) => !paths.has(path)),
      [],
    );
  });
});
