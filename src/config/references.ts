import { resolve } from "node:path";
import { type ReadFile, textOf } from "./read-file.ts";

const maxSecretFileBytes = 65_536;
const referencePattern = /\$\{([^}]*)\}/g;

/** Where `${env:NAME}` and `${file:PATH}` are looked up. */
export interface References {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that paths are relative to. */
  readonly folder: string;
  /** Reads the file of an absolute path. */
  readonly readFile: (path: string) => ReadFile;
}

/** The text with every reference replaced, or what is wrong with them. */
export type Substituted =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

/** Replaces each `${env:NAME}` and `${file:PATH}`; what they bring in is not looked at again. No message holds a value. */
export function substitute(text: string, references: References): Substituted {
  const problems: string[] = [];
  const replaced = text.replace(referencePattern, (_whole, reference: string) => {
    const result = lookUp(reference.trim(), references);
    if (typeof result === "string") return result;
    problems.push(result.problem);
    return "";
  });
  return problems.length > 0 ? { kind: "problems", problems } : { kind: "text", text: replaced };
}

function lookUp(reference: string, references: References): string | { readonly problem: string } {
  const colon = reference.indexOf(":");
  const name = reference.slice(colon + 1);
  const source = colon < 0 || name === "" ? "" : reference.slice(0, colon);
  if (source === "env") return readVariable(name, references.env);
  if (source === "file") return readSecret(resolve(references.folder, name), references);
  return { problem: `a reference is written \${env:NAME} or \${file:PATH}` };
}

function readVariable(name: string, env: References["env"]): string | { readonly problem: string } {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value !== undefined && value !== "") return value;
  return { problem: `the environment variable ${name} is not set: export ${name}, or name another one` };
}

function readSecret(path: string, { readFile }: References): string | { readonly problem: string } {
  const read = readFile(path);
  if (read.kind === "problem") return { problem: `the file ${path} ${read.problem}` };
  if (read.bytes.length > maxSecretFileBytes)
    return { problem: `the file ${path} is too large for a secret (${maxSecretFileBytes} bytes at most)` };
  const text = textOf(read.bytes).replace(/\r?\n$/, "");
  return text === "" ? { problem: `the file ${path} is empty` } : text;
}
