/** An integer of more characters is taken for one that a double cannot hold. */
const charsMax = 32;
/** Something that may be an integer beyond what a double holds; most bodies have none. */
const long = /\d{16}/;
/** A string, which is passed over, or an integer of many digits. */
const stringOrInteger = /"(?:[^"\\]|\\.)*"|(?<![\d.eE+-])-?\d{16,}(?![\d.eE])/g;

/** The first integer of a JSON text that parsing would change. Undefined if there is none. Identifiers are often that long. */
export function inexactInteger(json: string): string | undefined {
  if (!long.test(json)) return undefined;
  for (const [token] of json.matchAll(stringOrInteger)) {
    if (token.startsWith('"')) continue;
    if (token.length > charsMax || BigInt(token) !== BigInt(Number(token))) return token;
  }
  return undefined;
}
