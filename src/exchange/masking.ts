/** Headers that credentials travel in; what of their value is secret comes after the last space. */
const credentialHeaders: ReadonlySet<string> = new Set([
  "authorization",
  "x-api-key",
  "api-key",
  "x-goog-api-key",
  "x-amz-security-token",
]);
/** Shorter values are words that answers hold by chance. */
const secretCharsMin = 12;
const star = 0x2a;

/** The secret values among a request's headers, as its provider gets to see them. */
export function secretsIn(headers: readonly (readonly [name: string, value: string])[]): readonly Buffer[] {
  return headers.flatMap(([name, value]) => {
    if (!credentialHeaders.has(name)) return [];
    const secret = value.slice(value.lastIndexOf(" ") + 1);
    return secret.length < secretCharsMin ? [] : [Buffer.from(secret)];
  });
}

/**
 * A copy of an answer's bytes with stars in place of each secret, or the same buffer if there is none. A secret that is cut across pieces is not
 * found.
 */
export function maskSecrets(bytes: Buffer, secrets: readonly Buffer[] = []): Buffer {
  let masked = bytes;
  for (const secret of secrets) {
    for (let at = masked.indexOf(secret); at !== -1; at = masked.indexOf(secret, at + secret.length)) {
      if (masked === bytes) masked = Buffer.from(bytes);
      masked.fill(star, at, at + secret.length);
    }
  }
  return masked;
}
