import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type LoadedConfig, loadConfig } from "../../../src/config/load.ts";
import { type ConfigWatch, watchConfig } from "../../../src/config/watch.ts";

describe("watchConfig()", () => {
  let folder: string;
  let watch: ConfigWatch;
  let results: LoadedConfig[];
  let waiting: (() => void) | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tollgate-watch-"));
    write("keys.yaml", keys("first"));
    write("tollgate.yaml", config("fast"));
    results = [];
    watch = start(join(folder, "tollgate.yaml"));
  });
  afterEach(() => {
    watch.close();
    rmSync(folder, { recursive: true });
  });

  it("loads a file that was written anew", async () => {
    write("tollgate.yaml", config("slow"));
    assert.deepEqual(modelsOf(await next()), ["slow"]);
  });

  it("loads a file that was replaced by rename", async () => {
    write("new.yaml", config("slow"));
    renameSync(join(folder, "new.yaml"), join(folder, "tollgate.yaml"));
    assert.deepEqual(modelsOf(await next()), ["slow"]);
  });

  it("loads when a file that the config names changes", async () => {
    write("keys.yaml", keys("second"));
    assert.equal((await next()).kind, "snapshot");
  });

  it("sees a link that was swapped to another folder, as Kubernetes does", async () => {
    watch.close();
    for (const [name, model] of [
      ["one", "fast"],
      ["two", "slow"],
    ] as const) {
      mkdirSync(join(folder, name));
      write(`${name}/keys.yaml`, keys("first"));
      write(`${name}/tollgate.yaml`, config(model));
    }
    symlinkSync("one", join(folder, "data"));
    watch = start(join(folder, "data/tollgate.yaml"));
    symlinkSync("two", join(folder, "data.new"));
    renameSync(join(folder, "data.new"), join(folder, "data"));
    assert.deepEqual(modelsOf(await next()), ["slow"]);
  });

  it("tells what is wrong, and takes the file once it is right again", async () => {
    write("tollgate.yaml", "version: 2\n");
    assert.equal((await next()).kind, "problems");
    write("tollgate.yaml", config("slow"));
    assert.deepEqual(modelsOf(await next()), ["slow"]);
  });

  it("sees a file that was missing come back", async () => {
    rmSync(join(folder, "keys.yaml"));
    assert.equal((await next()).kind, "problems");
    write("keys.yaml", keys("second"));
    assert.equal((await next()).kind, "snapshot");
  });

  it("sees another text of the same length and time", async () => {
    const times = statSync(join(folder, "keys.yaml"));
    write("keys.yaml", keys("secnd"));
    utimesSync(join(folder, "keys.yaml"), times.atime, times.mtime);
    assert.equal((await next()).kind, "snapshot");
  });

  it("tells that what was in force before a mistake is there again", async () => {
    write("tollgate.yaml", "version: 2\n");
    assert.equal((await next()).kind, "problems");
    write("tollgate.yaml", config("fast"));
    assert.deepEqual(modelsOf(await next()), ["fast"]);
  });

  it("says nothing when a file was only touched", async () => {
    utimesSync(join(folder, "tollgate.yaml"), 1, 1);
    write("keys.yaml", keys("second"));
    await next();
    assert.equal(results.length, 1);
  });

  it("tells the result of a reload on demand, changed or not", async () => {
    await watch.reload();
    assert.equal(results.length, 1);
    assert.equal(results[0]?.kind, "snapshot");
  });

  it("does not load again what was loaded at the start, and loads once when that changes", async () => {
    watch.close();
    let loads = 0;
    const env = {
      get PORT(): string {
        loads += 1;
        return "9900";
      },
    };
    write("tollgate.yaml", config("fast").replace("9900", `\${env:PORT}`));
    watch = start(join(folder, "tollgate.yaml"), env);
    assert.equal(loads, 1);
    await delay(100);
    assert.equal(loads, 1);
    write("tollgate.yaml", config("slow").replace("9900", `\${env:PORT}`));
    assert.deepEqual(modelsOf(await next()), ["slow"]);
    assert.equal(loads, 2);
  });

  it("tells nothing once it is closed", async () => {
    watch.close();
    await watch.reload();
    assert.equal(results.length, 0);
  });

  function start(path: string, env: Readonly<Record<string, string>> = {}): ConfigWatch {
    const loaded = loadConfig(path, env);
    assert.equal(loaded.kind, "snapshot");
    return watchConfig({
      path,
      env,
      loaded,
      intervalMs: 5,
      onLoaded: (result) => {
        results.push(result);
        waiting?.();
      },
    });
  }

  /** The next result that has not been looked at; the test runner's own timeout bounds the wait. */
  async function next(): Promise<LoadedConfig> {
    const seen = results.length;
    const busy = setInterval(() => undefined, 1_000);
    await new Promise<void>((resolve) => {
      waiting = resolve;
    });
    clearInterval(busy);
    const result = results[seen];
    assert.ok(result !== undefined);
    return result;
  }

  function write(name: string, text: string): void {
    writeFileSync(join(folder, name), text);
  }
});

function config(model: string): string {
  return `
version: 1
backends:
  house: { provider: openai-compatible, endpoint: "http://127.0.0.1:9900/v1", price: { input: 1, output: 1 } }
models: { ${model}: { targets: [house/llama] } }
identity: [{ type: api-key, file: ./keys.yaml }]
`;
}

function keys(tenant: string): string {
  return `keys: [{ name: a, sha256: ${"ab".repeat(32)}, tenant_id: ${tenant} }]\n`;
}

function modelsOf(loaded: LoadedConfig): readonly string[] {
  assert.ok(loaded.kind === "snapshot", "loaded");
  return loaded.snapshot.models();
}
