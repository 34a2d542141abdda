import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { compileEnvoy } from "./bootstrap.ts";
import type { EnvoyInput } from "./envoy-input.ts";

/** Clusters before the routes that need them, listeners last. */
const order = ["cds/clusters.json", "rds/routes.json", "lds/listeners.json", "bootstrap.json"] as const;

/** Writes Envoy's files into `folder` (absolute), each by rename: Envoy notices nothing else. Returns the bootstrap's path. */
export function publish(input: EnvoyInput, folder: string): string {
  const files = compileEnvoy(input, folder);
  for (const name of order) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.next`, JSON.stringify(files[name], undefined, 1));
    renameSync(`${path}.next`, path);
  }
  return join(folder, "bootstrap.json");
}
