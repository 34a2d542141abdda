import { entriesOf } from "./compilation.ts";
import type { Path } from "./problem.ts";
import { isSecretKey } from "./secret-key.ts";
import type { YamlFile } from "./yaml-file.ts";

/** Notes every secret that is written out: a file is read by more people, and kept for longer, than a secret should be. */
export function checkSecrets(file: YamlFile, value: unknown = file.value, path: Path = []): void {
  for (const [key, child] of entriesOf(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (typeof child === "object") checkSecrets(file, child, at);
    else if (isSecretKey(key) && child !== undefined && child !== null && !file.isReference(at))
      file.refuse(at, `a secret must not be in the config: use "\${env:NAME}" or "\${file:PATH}"`);
  }
}
