import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assetPath } from "../../../src/core/asset.ts";
import { dialects } from "../../../src/dialect/index.ts";

const readme = readFileSync(assetPath("src/dialect/README.md"), "utf8");

describe("the dialects' README", () => {
  const rows = [
    ...readme.matchAll(/^\| ([a-z-]+) \| `(GET|POST) (\S+)`[^|]*\| `(\w+)` \| (here|upstream) \|$/gm),
  ];

  for (const [, name, method = "", path = "", operation, answered] of rows)
    it(`tells of ${method} ${path} what ${name} makes of it`, () => {
      const dialect = dialects.find((one) => one.name === name);
      const found = dialect?.match(method, path.replace("{model}", "m"));
      assert.equal(found?.name, operation);
      assert.equal(found?.local === undefined ? "upstream" : "here", answered);
    });

  it("has a line for every dialect in both tables", () => {
    for (const { name } of dialects) {
      assert.ok(
        rows.some((row) => row[1] === name),
        name,
      );
      assert.equal(
        readme.split("\n").filter((line) => line.startsWith(`| ${name} | `)).length,
        rows.filter((row) => row[1] === name).length + 1,
      );
    }
  });
});
