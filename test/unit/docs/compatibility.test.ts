import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { assetPath } from "../../../src/core/asset.ts";

const page = readFileSync(assetPath("docs/compatibility.md"), "utf8");

function versionsOf(path: string): Readonly<Record<string, string>> {
  const { dependencies = {}, devDependencies = {} } = JSON.parse(readFileSync(assetPath(path), "utf8"));
  return { ...dependencies, ...devDependencies };
}

describe("docs/compatibility.md", () => {
  it("names the versions of clients that the tests run", () => {
    const versions = { ...versionsOf("package.json"), ...versionsOf("test/agents/packages/package.json") };
    const rows = [...page.matchAll(/^\| [^|]*\(`([^`]+)`\) \| ([\d.]+) \|/gm)];
    assert.ok(rows.length >= 8, `${rows.length} rows`);
    for (const [, name, version] of rows) assert.equal(version, versions[name ?? ""], name);
  });

  it("names test files that are there", () => {
    const files = [...page.matchAll(/`((?:test|src)\/[\w./-]+)`/g)].map(([, path]) => path ?? "");
    assert.ok(files.length > 0);
    for (const file of files) assert.ok(existsSync(assetPath(file)), file);
  });
});
