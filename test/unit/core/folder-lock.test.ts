import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { lockFolder } from "../../../src/core/folder-lock.ts";
import { programArgs } from "../../support/stack/program.ts";

describe("lockFolder()", () => {
  let root: string;
  const children: ChildProcess[] = [];
  before(() => {
    root = mkdtempSync(join(tmpdir(), "tg-lock-"));
  });
  after(() => {
    for (const child of children) child.kill("SIGKILL");
    rmSync(root, { recursive: true });
  });

  function makeFolder(name: string): string {
    const folder = join(root, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** A process that has the folder's lock, or says why it does not. */
  async function lockElsewhere(folder: string): Promise<{ readonly child: ChildProcess; said: string }> {
    const child = spawn(process.execPath, [...programArgs("test/support/faults/lock-holder"), folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const [said] = await once(child.stdout.setEncoding("utf8"), "data");
    return { child, said: String(said).trim() };
  }

  async function kill(child: ChildProcess): Promise<void> {
    child.kill("SIGKILL");
    await once(child, "exit");
  }

  for (const [title, name] of [
    ["a short path", "short"],
    ["a path too long for a socket", `${"a-long-name/".repeat(12)}end`],
  ] as const)
    it(`refuses a second process and names the first, by every name of the folder: ${title}`, async () => {
      const folder = makeFolder(name);
      const link = join(root, `link-to-${name.length}`);
      symlinkSync(folder, link);
      const { child, said } = await lockElsewhere(folder);
      assert.equal(said, "locked");
      for (const path of [folder, link])
        await assert.rejects(lockFolder(path, "ledger"), {
          name: "FolderInUseError",
          message: `the ledger in ${path} is in use by process ${child.pid}`,
        });
      await kill(child);
      await (await lockFolder(link, "ledger")).close();
    });

  it("lets one alone of many take over from a process that was killed", async () => {
    const folder = makeFolder("contended");
    const first = await lockElsewhere(folder);
    await kill(first.child);
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockFolder(folder, "ledger")));
    const locks = outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));
    assert.equal(locks.length, 1);
    for (const lock of locks) await lock.close();
  });

  it("can be taken again once it was closed, however often", async () => {
    const folder = makeFolder("again");
    for (let times = 0; times < 3; times++) {
      const lock = await lockFolder(folder, "ledger");
      await lock.close();
      await lock.close();
    }
  });
});
