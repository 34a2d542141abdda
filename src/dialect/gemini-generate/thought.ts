const prefix = "redacted:";

/** Another vendor's encrypted reasoning as a signature of Gemini's format, which must be base64. */
export function redactedSignature(data: string): string {
  return Buffer.from(prefix + data).toString("base64");
}

/** The enciphered reasoning in such a signature; undefined for every other. */
export function redactedOf(signature: string): string | undefined {
  const text = Buffer.from(signature, "base64").toString();
  return text.startsWith(prefix) ? text.slice(prefix.length) : undefined;
}
