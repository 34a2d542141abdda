import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assetPath } from "../../../src/core/asset.ts";
import { recordFields } from "../../../src/usage/record-fields.ts";

interface Property {
  readonly description?: string;
}

const readme = readFileSync(assetPath("src/usage/README.md"), "utf8");
const schema = JSON.parse(readFileSync(assetPath("schema/usage.v1.json"), "utf8")) as {
  readonly properties: Readonly<Record<string, Property>>;
};

describe("the usage records' README", () => {
  it("has a row for every field of the schema, in the schema's words", () => {
    const rows = [...readme.matchAll(/^\| `([a-z0-9_]+)` \| .+? \| (.+) \|$/gm)].map(([, name, text]) => [
      name,
      text,
    ]);
    const properties = Object.entries(schema.properties).map(([name, one]) => [name, one.description]);
    assert.deepEqual(rows, properties);
    assert.deepEqual(
      rows.map(([name]) => name),
      [...recordFields],
    );
  });
});
