import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { packageRoot } from "../../../src/core/asset.ts";

describe("the scripts' install()", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tollgate-scripts-"));
    cpSync(join(packageRoot, "scripts"), join(folder, "scripts"), { recursive: true });
    writeFileSync(join(folder, "package-lock.json"), "{}");
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("leaves a linked node_modules alone, and says why", () => {
    mkdirSync(join(folder, "elsewhere"));
    writeFileSync(join(folder, "elsewhere/kept"), "");
    symlinkSync("elsewhere", join(folder, "node_modules"));
    const { status, stderr } = runCheck(process.env.PATH ?? "");
    assert.equal(status, 1);
    assert.match(stderr, /^node_modules is a link to another folder/);
    assert.deepEqual(readdirSync(join(folder, "elsewhere")), ["kept"]);
  });

  it("says that npm is missing", () => {
    const { status, stderr } = runCheck(folder);
    assert.equal(status, 1);
    assert.match(stderr, /^npm is missing: install it, or put it on PATH/);
  });

  function runCheck(path: string) {
    const script = join(folder, "scripts/check.mjs");
    return spawnSync(process.execPath, [script], { encoding: "utf8", env: { ...process.env, PATH: path } });
  }
});
