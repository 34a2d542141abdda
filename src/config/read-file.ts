import { readFileSync, statSync } from "node:fs";

/** A bigger file is a mistake. */
const fileBytesMax = 64 * 1_048_576;

/** A file's bytes, or why there are none, to be said after its name. */
export type ReadFile =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "problem"; readonly problem: string };

/** Reads a file of at most {@link fileBytesMax}. Never throws. */
export function readFile(path: string): ReadFile {
  try {
    if (statSync(path).size > fileBytesMax)
      return { kind: "problem", problem: `is larger than ${fileBytesMax} bytes` };
    return { kind: "bytes", bytes: readFileSync(path) };
  } catch (error) {
    return { kind: "problem", problem: `cannot be read (${systemCode(error)})` };
  }
}

/** A file's text, or why there is none, to be said after its name. */
export type FileText = { readonly text: string } | { readonly problem: string };

/** A file's bytes as text, without a byte order mark. Only UTF-8 is read: any other encoding would make different names one. */
export function textOf(bytes: Uint8Array): FileText {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? { problem: `holds NUL bytes: ${saveAsUtf8}` } : { text };
  } catch {
    const [first, second] = bytes;
    const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
    return { problem: `is ${isUtf16 ? "UTF-16" : "not UTF-8 (Latin-1 perhaps)"}: ${saveAsUtf8}` };
  }
}

const saveAsUtf8 = "save it as UTF-8";

/** The operating system's name for an error, e.g. `ENOENT`; never its message, which may quote what was read. */
export function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
