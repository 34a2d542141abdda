import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { type LoadedConfig, loadConfig } from "../../../src/config/load.ts";
import { loadAside } from "../../../src/config/load-aside.ts";

const keysCount = 1_500;
const config = `
version: 1
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9/v1", apiKey: "\${file:secret}" }
models:
  m: { targets: [house/m] }
prices: [./prices.yaml]
identity: [{ type: api-key, file: ./keys.yaml }]
`;
const prices = "version: 1\nprices: [{ model: house/m, from: 2026-01-01, input: 1, output: 2 }]\n";
const digestOf = (key: string): string => createHash("sha256").update(key).digest("hex");

describe("loadAside()", () => {
  let folder: string;
  let path: string;
  let files: readonly string[];
  let inPlaceMs: number;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "tollgate-aside-"));
    path = join(folder, "tollgate.yaml");
    const keys = Array.from(
      { length: keysCount },
      (_, at) =>
        `  - { name: key-${at}, sha256: ${digestOf(`key-${at}`)}, tenant_id: t, user_id: user-${at} }`,
    );
    writeFileSync(join(folder, "keys.yaml"), `keys:\n${keys.join("\n")}\n`);
    writeFileSync(join(folder, "prices.yaml"), prices);
    writeFileSync(join(folder, "secret"), "first-secret\n");
    writeFileSync(path, config);
    const started = performance.now();
    files = loadConfig(path, {}).files;
    inPlaceMs = performance.now() - started;
  });
  after(() => rmSync(folder, { recursive: true }));

  it("gives what loading in place gives: version, files, keys and prices", async () => {
    const [aside, inPlace] = [await loadAside(path, {}, files), loadConfig(path, {})];
    assert.ok(aside.kind === "snapshot" && inPlace.kind === "snapshot");
    assert.equal(aside.snapshot.version, inPlace.snapshot.version);
    assert.deepEqual(aside.files, inPlace.files);
    const recognised = aside.snapshot.identities[0]?.identify(`key-${keysCount - 1}`, 0);
    assert.ok(recognised !== undefined && "kind" in recognised && recognised.kind === "principal");
    assert.equal(recognised.principal.userId, `user-${keysCount - 1}`);
    const quotes = [aside, inPlace].map(({ snapshot }) =>
      snapshot.prices.quote("house", "", "m", Date.now()),
    );
    assert.ok(quotes[0] !== undefined);
    assert.deepEqual(quotes[0], quotes[1]);
  });

  it("does not stop the event loop for the time that takes", async () => {
    let longestMs = 0;
    let last = performance.now();
    const ticking = setInterval(() => {
      const now = performance.now();
      longestMs = Math.max(longestMs, now - last);
      last = now;
    }, 1);
    await loadAside(path, {}, files);
    await new Promise((resolve) => setTimeout(resolve, 5));
    clearInterval(ticking);
    assert.ok(longestMs < inPlaceMs / 2, `${longestMs} ms of ${inPlaceMs} ms`);
  });

  it("tells the problems, where they are", async () => {
    writeFileSync(path, config.replace("house/m]", "hose/m]"));
    const aside = await loadAside(path, {}, files);
    assert.ok(aside.kind === "problems");
    assert.deepEqual(aside, loadConfig(path, {}) satisfies LoadedConfig);
    writeFileSync(path, config);
  });
});
