import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import {
  binaryProblem,
  envoyVersionMin,
  versionOfBinary,
  versionProblem,
  watchVersion,
} from "../../../src/xds/envoy-version.ts";
import { envoyBinary } from "../../support/envoy/envoy-binary.ts";
import { type CliResult, runLine } from "../../support/stack/terminal.ts";

const config = `
version: 1
server: { address: "unix:./run/t.sock" }
admin: { address: "127.0.0.1:0" }
listen: { address: "127.0.0.1:0" }
backends: { house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9/v1", price: { input: 1, output: 1 } } }
models: { m: { targets: [house/m] } }
identity: [{ type: anonymous, tenant_id: local }]
`;

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), "tollgate-envoy-version-"));
  writeFileSync(join(folder, "tollgate.yaml"), config);
});
after(() => rmSync(folder, { recursive: true }));

/** A program that says of itself what an Envoy of this version says. */
function envoyOf(version: string): string {
  const path = join(folder, `envoy-${version}`);
  writeFileSync(
    path,
    `#!/bin/sh\necho\necho "envoy  version: 3909deb1/${version}/Clean/RELEASE/BoringSSL"\n`,
  );
  chmodSync(path, 0o755);
  return path;
}

describe("an Envoy's version", () => {
  for (const [version, isOld] of [
    ["1.9.1", true],
    ["1.37.0", true],
    ["1.39.9", true],
    ["1.40.0-dev", false],
    ["1.40.0", false],
    ["1.40.1", false],
    ["1.41.0", false],
    ["2.0.0", false],
    ["of my own", false],
  ] as const)
    it(`${isOld ? "is too old" : "will do"}: ${version}`, () => {
      const problem = versionProblem(version, "here");
      if (!isOld) assert.equal(problem, undefined);
      else assert.match(problem ?? "", new RegExp(`Envoy ${version} \\(here\\).*needs ${envoyVersionMin}`));
    });

  it("is what its binary says", async () => {
    assert.equal(await versionOfBinary(await envoyBinary()), envoyVersionMin);
    assert.equal(await versionOfBinary(envoyOf("1.37.0")), "1.37.0");
  });

  it("is no problem where the binary does not say", async () => {
    assert.equal(await binaryProblem(join(folder, "none"), "here"), undefined);
    assert.equal(await binaryProblem("/bin/true", "here"), undefined);
  });

  it("is asked of a running Envoy until it says, once", async () => {
    const warned: string[] = [];
    let asked = 0;
    const admin = { version: () => Promise.resolve(["1.37.0"][asked++] ?? "?") };
    const end = watchVersion(admin, "here", (problem) => warned.push(problem));
    await new Promise((resolve) => setImmediate(resolve));
    end();
    assert.equal(asked, 1);
    assert.match(warned.join("\n"), /1\.37\.0.*1\.40\.0/);
  });
});

describe("the command line with an Envoy that is too old", () => {
  const run = (command: string, envoy: string): Promise<CliResult> =>
    runLine([command, ...(command === "up" ? ["-c"] : []), "tollgate.yaml"], {
      cwd: folder,
      env: { ENVOY_BIN: envoy },
    });

  it("refuses `up` before anything starts, and names both versions", async () => {
    const { code, err } = await run("up", envoyOf("1.37.0"));
    assert.equal(code, 1);
    assert.match(err, /Envoy 1\.37\.0 \(ENVOY_BIN: .*\) is too old.*1\.40\.0/);
  });

  it("warns in `check`, as the config itself may be good for another Envoy", async () => {
    const { code, out, err } = await run("check", envoyOf("1.37.0"));
    assert.deepEqual([code, out], [0, "tollgate.yaml: ok"]);
    assert.match(err, /warning: Envoy 1\.37\.0 .*1\.40\.0/);
  });

  it("says nothing in `check` of one that will do", async () => {
    assert.deepEqual(await run("check", envoyOf("1.41.2")), { code: 0, out: "tollgate.yaml: ok", err: "" });
  });
});
