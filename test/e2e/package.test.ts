import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { packageRoot } from "../../src/core/asset.ts";

const run = promisify(execFile);

/** Packed as it would be published, and installed into an empty folder. */
describe("the package", () => {
  const folder = mkdtempSync(join(tmpdir(), "tollgate-package-"));
  const tollgate = (...args: string[]) =>
    run(join(folder, "node_modules/.bin/tollgate"), args, { cwd: folder });

  before(async () => {
    const { stdout } = await run(
      "npm",
      ["pack", "--json", "--ignore-scripts", "--pack-destination", folder],
      {
        cwd: packageRoot,
      },
    );
    const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
    writeFileSync(join(folder, "package.json"), '{ "private": true }\n');
    await run(
      "npm",
      ["install", "--prefer-offline", "--no-audit", "--no-fund", "--omit=dev", join(folder, filename)],
      {
        cwd: folder,
      },
    );
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it("helps, and finds its version", async () => {
    assert.match((await tollgate("--help")).stdout, /^Usage: tollgate/);
    assert.match((await tollgate("--version")).stdout, /^\d+\.\d+\.\d+\n$/);
  });

  it("checks the config that it ships, with the prices that it ships", async () => {
    copyFileSync(join(folder, "node_modules/tollgate/tollgate.yaml"), join(folder, "tollgate.yaml"));
    assert.equal((await tollgate("check")).stdout, "tollgate.yaml: ok\n");
    assert.match((await tollgate("prices", "--all", "--json")).stdout, /"openai\/gpt-4\.1"/);
  });

  it("counts with the vocabularies that it ships", async () => {
    writeFileSync(join(folder, "text"), "A tollgate.");
    assert.match((await tollgate("count", "text", "--json")).stdout, /"tokens": \d/);
  });

  it("ships no source, no test and no dependency of development", () => {
    for (const name of ["typescript", "fast-check"])
      assert.ok(!existsSync(join(folder, "node_modules", name)), name);
    // Of these two only the pages that documents link to.
    for (const name of ["src", "test"]) {
      const files = readdirSync(join(folder, "node_modules/tollgate", name), { recursive: true });
      assert.deepEqual(
        files.filter((file) => /\.[cm]?[jt]s$/.test(String(file))),
        [],
        name,
      );
    }
  });
});
