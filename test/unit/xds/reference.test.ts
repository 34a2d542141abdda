import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { promisify } from "node:util";
import { packageRoot } from "../../../src/core/asset.ts";
import { writeTrustedCas } from "../../../src/xds/trusted-cas.ts";
import { envoyBinary } from "../../support/envoy/envoy-binary.ts";
import { envoyReference } from "../../support/envoy/envoy-reference.ts";

describe("envoy/reference.yaml", () => {
  const file = join(packageRoot, "envoy/reference.yaml");

  it("is what the code makes (UPDATE=1 writes it anew)", () => {
    if (process.env.UPDATE === "1") writeFileSync(file, envoyReference());
    assert.equal(readFileSync(file, "utf8"), envoyReference());
  });

  it("is valid for Envoy", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tollgate-reference-"));
    try {
      const config = join(folder, "reference.yaml");
      writeFileSync(config, envoyReference(writeTrustedCas(folder)));
      const { stdout } = await promisify(execFile)(await envoyBinary(), ["--mode", "validate", "-c", config]);
      assert.match(stdout, /configuration '.*' OK/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
