import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { replaceFile, replaceFileBy, replaceFileSync } from "../../../src/core/replace-file.ts";

const folder = mkdtempSync(join(tmpdir(), "tollgate-replace-"));
after(() => rmSync(folder, { recursive: true, force: true }));

describe("replaceFile()", () => {
  it("makes the folder, writes all pieces, and leaves no other file", async () => {
    const path = join(folder, "deep", "file");
    await replaceFile(path, ["a", Buffer.from("b"), "c"], { mode: 0o600 });
    assert.equal(readFileSync(path, "utf8"), "abc");
    assert.equal(statSync(path).mode & 0o777, 0o600);
    await replaceFile(path, "d");
    assert.equal(readFileSync(path, "utf8"), "d");
    assert.deepEqual(readdirSync(join(folder, "deep")), ["file"]);
  });

  it("leaves the old file, and nothing of the new one, when it cannot be written", async () => {
    const path = join(folder, "kept", "file");
    await replaceFile(path, "old");
    const failing = (async function* () {
      yield "ne";
      throw new Error("no space left");
    })();
    await assert.rejects(replaceFile(path, failing), /no space left/);
    await assert.rejects(
      replaceFileBy(path, async (next) => {
        writeFileSync(next, "ne");
        throw new Error("no space left");
      }),
      /no space left/,
    );
    assert.equal(readFileSync(path, "utf8"), "old");
    assert.deepEqual(readdirSync(join(folder, "kept")), ["file"]);
  });

  it("does the same at once", () => {
    const path = join(folder, "sync", "file");
    replaceFileSync(path, "a");
    replaceFileSync(path, "b");
    assert.equal(readFileSync(path, "utf8"), "b");
    assert.deepEqual(readdirSync(join(folder, "sync")), ["file"]);
  });
});
