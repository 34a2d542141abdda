import { createHash, type Hash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** The digest of the files that a config is made of, in the order in which they are read: its version. */
export class InputsDigest {
  readonly #hash: Hash = createHash("sha256");

  add(bytes: Uint8Array): void {
    // The length keeps apart what would otherwise join the same bytes from different files.
    this.#hash.update(`${bytes.length}\n`).update(bytes);
  }

  /** The first 12 hex digits of the SHA-256 of all that was added. */
  get version(): string {
    return this.#hash.copy().digest("hex").slice(0, 12);
  }
}

/** The version that a config of these files has, as they are now; missing ones are passed over, as they are in loading. */
export async function versionOfFiles(paths: readonly string[]): Promise<string> {
  const digest = new InputsDigest();
  for (const path of paths) {
    const bytes = await readFile(path).catch(() => undefined);
    if (bytes !== undefined) digest.add(bytes);
  }
  return digest.version;
}
