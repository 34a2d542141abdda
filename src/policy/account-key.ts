/** What stands for a field without a value: an account of its own, never a way around one. No value is written like this. */
const missing = "(none)";
/** What would let two different lists of values be written alike. */
const special = /[%|,=(]/g;
const plain = /^[^%|,=(]*$/;

/** The key values of an account, e.g. `tenant_id=acme,workflow=summarize`; different values never give the same key. */
export function accountKey(per: readonly string[], field: (name: string) => string | undefined): string {
  let key = "";
  for (const name of per) {
    const value = field(name);
    const text =
      value === undefined ? missing : plain.test(value) ? value : value.replace(special, percentEncode);
    key += key === "" ? `${name}=${text}` : `,${name}=${text}`;
  }
  return key;
}

function percentEncode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
}
