/** The caller's credential, as far as accounts are keyed by it. */
export interface KeyHolder {
  /** The name of the API key; undefined for callers without one. */
  readonly keyName: string | undefined;
}

/** Stands for a field without a value, which thus has its own account and is no way around one. No value is written like this. */
const missing = "(none)";
/** Characters that could make two different lists of values look alike. */
const special = /[%|,=(]/g;
const plain = /^[^%|,=(]*$/;

/**
 * The fields that a rule's accounts are kept by. Two tenants may have users or keys of the same name, so accounts by `user_id` or `key` are
 * kept by `tenant_id` too.
 */
export function accountFields(per: readonly string[]): readonly string[] {
  const isPersonal = per.includes("user_id") || per.includes("key");
  return isPersonal && !per.includes("tenant_id") ? ["tenant_id", ...per] : per;
}

/**
 * The key values of an account, e.g. `tenant_id=acme,workflow=summarize`. Different values never give the same key. A credential without a user has a
 * separate account under `user_id`, by the name of its key.
 */
export function accountKey(
  fields: readonly string[],
  field: (name: string) => string | undefined,
  holder: KeyHolder,
): string {
  let key = "";
  for (const name of fields) {
    const text = written(field(name)) ?? (name === "user_id" ? userlessAccount(holder) : missing);
    key += key === "" ? `${name}=${text}` : `,${name}=${text}`;
  }
  return key;
}

/**
 * The values of a key that {@link accountKey} wrote; a field without a value is left out. Undefined: the key does not name each of
 * these fields, in this order.
 */
export function readAccountKey(
  fields: readonly string[],
  key: string,
): ReadonlyMap<string, string> | undefined {
  const parts = key === "" ? [] : key.split(",");
  if (parts.length !== fields.length) return undefined;
  const values = new Map<string, string>();
  for (const [at, part] of parts.entries()) {
    const name = fields[at] ?? "";
    if (!part.startsWith(`${name}=`)) return undefined;
    const text = part.slice(name.length + 1);
    // Only what stands for a missing value begins like this.
    if (!text.startsWith("(")) values.set(name, text.replace(/%([0-9a-f]{2})/g, percentDecode));
  }
  return values;
}

function userlessAccount({ keyName }: KeyHolder): string {
  return keyName === undefined ? missing : `(key ${written(keyName)})`;
}

function written(value: string | undefined): string | undefined {
  return value === undefined || plain.test(value) ? value : value.replace(special, percentEncode);
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}

function percentDecode(_escape: string, hex: string): string {
  return String.fromCharCode(Number.parseInt(hex, 16));
}
