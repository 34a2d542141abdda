import { join } from "node:path";
import { replaceFileSync } from "../core/replace-file.ts";
import { compileEnvoy } from "./bootstrap.ts";
import type { EnvoyInput } from "./envoy-input.ts";
import type { Json } from "./typed.ts";

/** Clusters before the routes that need them, listeners last. */
const order = ["cds/clusters.json", "rds/routes.json", "lds/listeners.json", "bootstrap.json"] as const;

/** Writes Envoy's files into `folder` (absolute), each by rename: Envoy notices nothing else. Returns the bootstrap's path. */
export function publish(input: EnvoyInput, folder: string): string {
  const files = compileEnvoy(input, folder);
  for (const name of order) replaceFile(join(folder, name), files[name], modeOf(input));
  return join(folder, "bootstrap.json");
}

/** Writes the clusters alone, so that Envoy has them before anything names them. */
export function publishClusters(input: EnvoyInput, folder: string): void {
  const [name] = order;
  replaceFile(join(folder, name), compileEnvoy(input, folder)[name], modeOf(input));
}

/** What Envoy's files are written with: a token or a private key in them is for Envoy's user alone. */
export function modeOf({ edgeToken, backends }: EnvoyInput): number {
  const hasKey = backends.some(({ tls }) => tls.client !== undefined);
  return edgeToken === undefined && !hasKey ? 0o644 : 0o600;
}

/** Writes a JSON value into a file by rename, and returns the file's path. */
export function replaceFile(path: string, value: Json, mode: number): string {
  replaceFileSync(path, `${JSON.stringify(value, undefined, 1)}\n`, mode);
  return path;
}
