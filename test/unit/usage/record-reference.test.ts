import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assetPath } from "../../../src/core/asset.ts";
import { withRecordReference } from "../../../src/usage/record-reference.ts";

const page = readFileSync(assetPath("docs/usage-record.md"), "utf8");

describe("docs/usage-record.md", () => {
  it("has the fields of the table, in its words: `npm run build:record` writes them", () => {
    assert.equal(page, withRecordReference(page));
  });

  it("tells of the parts of objects and lists, too", () => {
    for (const part of ["### `attempts[]`", "### `attempts[].usage`", "### `stage_ms`", "### `accounts[]`"])
      assert.ok(page.includes(part), part);
  });
});
