import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { formatRows } from "../../../src/cli/rows.ts";
import { appendAll } from "../../../src/core/append-all.ts";
import { largest, smallest } from "../../../src/core/extremes.ts";

describe("lists of any length", () => {
  const many = Array.from({ length: 1_000_000 }, (_, index) => index);

  it("are appended, and have their extremes found", () => {
    const list = [-1];
    appendAll(list, many);
    assert.equal(list.length, many.length + 1);
    assert.deepEqual([largest(many), smallest(many)], [999_999, 0]);
    assert.deepEqual([largest([]), smallest([])], [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY]);
  });

  it("are formatted as a table", () => {
    const rows = many.slice(0, 200_000);
    const table = formatRows(rows, [{ title: "n", of: String }], "table");
    assert.equal(table.split("\n").length, rows.length + 1);
  });
});
