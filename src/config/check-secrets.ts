import { entriesOf } from "./compilation.ts";
import type { Path } from "./problem.ts";
import type { YamlFile } from "./yaml-file.ts";

const secretKey = /^(apiKey|token|password|secret|clientSecret|secretAccessKey|sessionToken)$/;

/** Notes every secret that is written out: a file is read by more people, and kept for longer, than a secret should be. */
export function checkSecrets(file: YamlFile, value: unknown = file.value, path: Path = []): void {
  for (const [key, child] of entriesOf(value)) {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (typeof child === "object") checkSecrets(file, child, at);
    else if (secretKey.test(key) && child !== undefined && child !== null && !file.isReference(at))
      file.refuse(at, `a secret is not written here: use "\${env:NAME}" or "\${file:PATH}"`);
  }
}
