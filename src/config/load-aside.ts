import { fork } from "node:child_process";
import { stat } from "node:fs/promises";
import { type Log, silentLog } from "../core/log.ts";
import { builtinPricesFile } from "./compile-prices.ts";
import { type LoadedConfig, loadConfig, type prepareConfig } from "./load.ts";

/** Up to here, reading in place stops the event loop for a few milliseconds only. */
const inPlaceBytesMax = 32_768;
const prepareTimeoutMs = 60_000;

/**
 * Loads a config without stopping the event loop for long. A config with large files (thousands of keys) is read and checked in a separate process,
 * or in place if none can be started. `files` are those that the config was last made of.
 */
export async function loadAside(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  files: readonly string[],
  log: Log = silentLog,
): Promise<LoadedConfig> {
  // The built-in prices are parsed once in a process's life.
  const own = files.filter((file) => file !== builtinPricesFile);
  const sizes = await Promise.all(own.map(sizeOf));
  if (sizes.reduce((sum, size) => sum + size, 0) <= inPlaceBytesMax)
    return loadConfig(path, env, undefined, { log });
  const prepared = await prepareAside(path, env).catch(() => undefined);
  if (prepared?.kind === "problems") return prepared;
  return loadConfig(path, env, undefined, { material: prepared?.material, log });
}

/** What `prepareConfig` makes in another process; rejects when that ends without a result. */
function prepareAside(
  path: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<ReturnType<typeof prepareConfig>> {
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const child = fork(new URL(`./prepare-process.${extension}`, import.meta.url), {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "inherit", "ipc"],
    timeout: prepareTimeoutMs,
  });
  child.send({ path, env: { ...env } });
  return new Promise((resolve, reject) => {
    child.once("message", (prepared) => resolve(prepared as unknown as ReturnType<typeof prepareConfig>));
    child.once("error", reject);
    child.once("exit", () => reject(new Error("the process that reads the config ended without a result")));
  });
}

function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}
