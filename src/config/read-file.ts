import { readFileSync, statSync } from "node:fs";

/** A bigger file is a mistake. */
const maxFileBytes = 64 * 1_048_576;

/** A file's bytes, or why there are none, to be said after its name. */
export type ReadFile =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "problem"; readonly problem: string };

/** Reads a file of at most {@link maxFileBytes}. Never throws. */
export function readFile(path: string): ReadFile {
  try {
    if (statSync(path).size > maxFileBytes)
      return { kind: "problem", problem: `is larger than ${maxFileBytes} bytes` };
    return { kind: "bytes", bytes: readFileSync(path) };
  } catch (error) {
    return { kind: "problem", problem: `cannot be read (${systemCode(error)})` };
  }
}

/** A file's bytes as text. */
export function textOf({ buffer, byteOffset, byteLength }: Uint8Array): string {
  return Buffer.from(buffer, byteOffset, byteLength).toString("utf8");
}

/** The operating system's name for an error, e.g. `ENOENT`; never its message, which may quote what was read. */
export function systemCode(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "unknown error";
}
