import { createHash } from "node:crypto";

const separator = "__thought__";
/** Longest id that every provider takes, in characters. */
const idCharsMax = 40;
const idPattern = /^[A-Za-z0-9_-]+$/;
const hashChars = 32;

/**
 * A tool call's id as clients see it, with Gemini's signature of the thought behind it inside: every client sends ids back as they were,
 * few send back a field they do not know, and Gemini refuses a call whose signature is lost (https://ai.google.dev/api/generate-content).
 */
export function withSignature(id: string, signature: string | undefined): string {
  if (signature === undefined) return id;
  return `${id}${separator}${signature.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** The id and the signature of one that a client sent. */
export function splitSignature(id: string): { readonly id: string; readonly signature: string | undefined } {
  const at = id.indexOf(separator);
  if (at < 0) return { id, signature: undefined };
  const written = id
    .slice(at + separator.length)
    .replaceAll("-", "+")
    .replaceAll("_", "/");
  return { id: id.slice(0, at), signature: written.padEnd(Math.ceil(written.length / 4) * 4, "=") };
}

/** An id that providers take: the client's own, or where one would refuse that, a digest of it. The same for a call and its result. */
export function providerId(id: string): string {
  if (id.length <= idCharsMax && idPattern.test(id)) return id;
  return `call_${createHash("sha256").update(id).digest("hex").slice(0, hashChars)}`;
}
