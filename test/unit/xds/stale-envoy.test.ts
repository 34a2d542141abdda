import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, describe, it } from "node:test";
import { adminFileIn, endStaleEnvoy, pidFileIn } from "../../../src/xds/stale-envoy.ts";

describe("endStaleEnvoy()", () => {
  let folder: string;
  const children: ChildProcess[] = [];
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tg-stale-"));
  });
  beforeEach(() => rmSync(pidFileIn(folder), { force: true }));
  after(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  /** A process that waits, with this on its command line. */
  async function start(word: string): Promise<ChildProcess> {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000); console.log(1)", word], {
      stdio: ["ignore", "pipe", "ignore"],
    });
    children.push(child);
    await new Promise((resolve) => child.stdout.once("data", resolve));
    writeFileSync(pidFileIn(folder), String(child.pid));
    return child;
  }

  it("ends the Envoy of this folder, and has waited until it is gone", async () => {
    const child = await start(adminFileIn(folder));
    const gone = new Promise((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    await endStaleEnvoy(folder);
    assert.equal(await gone, "SIGKILL");
    assert.equal(existsSync(pidFileIn(folder)), false);
  });

  it("leaves a process alone that has only got its pid", async () => {
    const child = await start(adminFileIn(`${folder}-of-another`));
    await endStaleEnvoy(folder);
    assert.equal(child.kill(0), true);
    assert.equal(existsSync(pidFileIn(folder)), false);
  });

  it("has nothing to do where no run has been, or where the file holds no pid", async () => {
    await endStaleEnvoy(folder);
    for (const text of ["", "0", "1", "-1", "envoy", "999999999"]) {
      writeFileSync(pidFileIn(folder), text);
      await endStaleEnvoy(folder);
      assert.equal(existsSync(pidFileIn(folder)), false, text);
    }
  });
});
