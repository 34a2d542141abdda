import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../..", import.meta.url));

/** Node's arguments to run a module of this tree, named as `src/main` or `test/support/edge/server`: compiled, as all tests are. */
export function programArgs(name: string, execArgv: readonly string[] = []): readonly string[] {
  return [...execArgv, join(root, `${name}.js`)];
}
