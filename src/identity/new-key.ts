import { hash, randomBytes } from "node:crypto";
import { stringify } from "yaml";

/** Whose key it is to be; the names of the keys file. */
export interface NewKeyOptions {
  readonly name: string;
  readonly tenant_id: string;
  readonly user_id?: string;
  readonly team?: string;
  readonly app?: string;
  readonly roles?: readonly string[];
  readonly expires?: string;
}

/** A key that exists nowhere else, and the entry for the keys file, which holds only its digest. */
export interface NewKey {
  readonly key: string;
  readonly entry: string;
}

/** Makes a key of 256 random bits. The key is shown once; the entry is YAML, an item of the `keys` list. */
export function newKey({ name, ...principal }: NewKeyOptions): NewKey {
  const key = `tg-${randomBytes(32).toString("base64url")}`;
  const entry = stringify([{ name, sha256: hash("sha256", key, "hex"), ...principal }], { indent: 2 });
  return { key, entry: entry.replace(/^/gm, "  ").trimEnd() };
}
