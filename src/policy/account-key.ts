/** The caller's credential, as far as accounts are keyed by it. */
export interface KeyHolder {
  /** The name of the API key; undefined for callers without one. */
  readonly keyName: string | undefined;
}

/** What stands for a field without a value: an account of its own, never a way around one. No value is written like this. */
const missing = "(none)";
/** What would let two different lists of values be written alike. */
const special = /[%|,=(]/g;
const plain = /^[^%|,=(]*$/;

/**
 * The fields that a rule's accounts are kept by. Two tenants may have users of the same name, so accounts by `user_id` are kept by
 * `tenant_id` too.
 */
export function accountFields(per: readonly string[]): readonly string[] {
  return per.includes("user_id") && !per.includes("tenant_id") ? ["tenant_id", ...per] : per;
}

/**
 * The key values of an account, e.g. `tenant_id=acme,workflow=summarize`; different values never give the same key. A credential
 * without a user has an account of its own under `user_id`, by the name of its key.
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

function userlessAccount({ keyName }: KeyHolder): string {
  return keyName === undefined ? missing : `(key ${written(keyName)})`;
}

function written(value: string | undefined): string | undefined {
  return value === undefined || plain.test(value) ? value : value.replace(special, percentEncode);
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
