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

/** The secret values among a request's headers, as its provider gets to see them. */
export function secretsIn(headers: readonly (readonly [name: string, value: string])[]): readonly Buffer[] {
  return headers.flatMap(([name, value]) => {
    if (!credentialHeaders.has(name)) return [];
    const secret = value.slice(value.lastIndexOf(" ") + 1);
    return secret.length < secretCharsMin ? [] : [Buffer.from(secret)];
  });
}
