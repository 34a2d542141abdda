import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { assetPath } from "../../../src/core/asset.ts";

describe("assets/vocabularies", () => {
  it("is what scripts/build-vocabularies.mjs writes", () => {
    const folder = mkdtempSync(join(tmpdir(), "vocabularies-"));
    try {
      execFileSync(process.execPath, [assetPath("scripts/build-vocabularies.mjs"), folder]);
      const files = readdirSync(folder).sort();
      assert.deepEqual(files, ["cl100k_base.bin", "o200k_base.bin", "unicode_16.bin"]);
      for (const file of files) {
        assert.ok(
          readFileSync(join(folder, file)).equals(readFileSync(assetPath(`assets/vocabularies/${file}`))),
          file,
        );
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
