/**
 * A text as a header can carry it (RFC 9110 §5.5): every character other than printable ASCII is percent-encoded in UTF-8, and so is `%`
 * where anything is. Plain names stay as they are.
 */
export function headerValue(text: string): string {
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  // Half a surrogate pair becomes U+FFFD on its way through bytes: encodeURIComponent() takes whole ones only.
  const wellFormed = Buffer.from(text).toString();
  return wellFormed.replace(/[^\x20-\x24\x26-\x7e]/gu, encodeURIComponent);
}
