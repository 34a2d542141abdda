import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { envoyBinary } from "./envoy-binary.ts";

/** One text of Envoy's bootstrap and what stands in its place. Neither may contain a quote (') or a bar (|). */
export interface BootstrapPatch {
  readonly from: string;
  readonly to: string;
}

/**
 * Writes a program into `folder` that patches its bootstrap and then becomes Envoy; returns its path. Settings that only a test changes need no
 * option in the product that way. The program fails when the bootstrap lacks a text that is to be replaced.
 */
export async function patchedEnvoy(folder: string, patches: readonly BootstrapPatch[]): Promise<string> {
  const path = join(folder, "patched-envoy.sh");
  const lines = patches.map(
    ({ from, to }) => `grep -qF '${from}' "$each" || exit 97\n  sed -i 's|${from}|${to}|' "$each"`,
  );
  writeFileSync(
    path,
    `#!/bin/sh
for each in "$@"; do case "$each" in */bootstrap.json)
  ${lines.join("\n  ")};;
esac; done
exec '${await envoyBinary()}' "$@"
`,
  );
  chmodSync(path, 0o755);
  return path;
}

/** Has Envoy evict gRPC clients that nobody asked for in 5 s, the shortest time it accepts. */
export const quickEviction: BootstrapPatch = {
  from: '"max_cached_entry_idle_duration": "86400s"',
  to: '"max_cached_entry_idle_duration": "5s"',
};
