/** Prefix of another vendor's proof of reasoning, in the place of OpenAI's own. */
const signed = "signed:";
const redacted = "redacted:";

/** Another vendor's proof of reasoning as `encrypted_content`, in which clients hand it back. */
export function sealSignature(signature: string): string {
  return signed + signature;
}

/** Reasoning that another vendor enciphered, as `encrypted_content`. */
export function sealRedacted(data: string): string {
  return redacted + data;
}

/** The content of such an `encrypted_content`. Empty if it is OpenAI's own, which is of no use to another vendor. */
export function unseal(content: string): { readonly signature?: string; readonly data?: string } {
  if (content.startsWith(signed)) return { signature: content.slice(signed.length) };
  if (content.startsWith(redacted)) return { data: content.slice(redacted.length) };
  return {};
}
