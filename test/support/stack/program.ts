import { join } from "node:path";
import { fileURLToPath } from "node:url";

const isSource = import.meta.url.endsWith(".ts");
const root = fileURLToPath(new URL("../../..", import.meta.url));

/**
 * Node's arguments to run a module of this tree, named as `src/main` or `test/support/edge/server`: the compiled one where this file runs compiled, as
 * what is measured must not run through a loader.
 */
export function programArgs(name: string, execArgv: readonly string[] = []): readonly string[] {
  return isSource
    ? ["--import", "tsx", ...execArgv, join(root, `${name}.ts`)]
    : [...execArgv, join(root, `${name}.js`)];
}
