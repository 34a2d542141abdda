import { join } from "node:path";
import { packageRoot } from "../../../src/core/asset.ts";
import { findEnvoy } from "../../../src/xds/envoy-binary.ts";

/** The path of the real Envoy, installed at first need. */
export async function envoyBinary(): Promise<string> {
  const { path } = await findEnvoy(process.env, join(packageRoot, ".tollgate"), (line) =>
    process.stderr.write(`${line}\n`),
  );
  return path;
}
