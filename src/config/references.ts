import { resolve } from "node:path";
import { type ReadFile, textOf } from "./read-file.ts";

const secretFileBytesMax = 65_536;
const referencePattern = /\$\{([^}]*)\}/g;

/** The secrets that must be set: all, or those of these sections. */
export type SecretsNeeded = "all" | readonly ("admin" | "server")[];

/** Where `${env:NAME}` and `${file:PATH}` are looked up. */
export interface References {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The folder that paths are relative to. */
  readonly folder: string;
  /** Reads the file of an absolute path. */
  readonly readFile: (path: string) => ReadFile;
  readonly needed: SecretsNeeded;
}

/** The text with every reference replaced, or what is wrong with them. `absent`: nothing but that what they name is not there. */
export type Substituted =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "problems"; readonly problems: readonly string[]; readonly absent: boolean };

/** Replaces each `${env:NAME}` and `${file:PATH}`; what they bring in is not looked at again. No message holds a value. */
export function substitute(text: string, references: References): Substituted {
  const problems: string[] = [];
  let absent = true;
  const replaced = text.replace(referencePattern, (_whole, reference: string) => {
    const result = lookUp(reference.trim(), references);
    if (result.kind === "text") return result.text;
    problems.push(result.problem);
    absent &&= result.kind === "absent";
    return "";
  });
  return problems.length > 0 ? { kind: "problems", problems, absent } : { kind: "text", text: replaced };
}

type Found =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "absent" | "bad"; readonly problem: string };

function lookUp(reference: string, references: References): Found {
  const colon = reference.indexOf(":");
  const name = reference.slice(colon + 1);
  const source = colon < 0 || name === "" ? "" : reference.slice(0, colon);
  if (source === "env") return readVariable(name, references.env);
  if (source === "file") return readSecret(resolve(references.folder, name), references);
  return { kind: "bad", problem: `a reference is written \${env:NAME} or \${file:PATH}` };
}

function readVariable(name: string, env: References["env"]): Found {
  const text = Object.hasOwn(env, name) ? env[name] : undefined;
  if (text !== undefined && text !== "") return oneLine(text, `the environment variable ${name}`);
  const problem = `the environment variable ${name} is not set: export ${name}, or name another one`;
  return { kind: "absent", problem };
}

function readSecret(path: string, { readFile }: References): Found {
  const name = `the file ${path}`;
  const read = readFile(path);
  if (read.kind === "problem") return { kind: "absent", problem: `${name} ${read.problem}` };
  if (read.bytes.length > secretFileBytesMax)
    return {
      kind: "bad",
      problem: `${name} is too large for a secret (${secretFileBytesMax} bytes at most)`,
    };
  const decoded = textOf(read.bytes);
  if ("problem" in decoded) return { kind: "bad", problem: `${name} ${decoded.problem}` };
  const text = decoded.text.replace(/\r?\n$/, "");
  return text === "" ? { kind: "absent", problem: `${name} is empty` } : oneLine(text, name);
}

/** A value goes into headers, URLs and paths: with a line end in it, it would fail at each use, and say nothing at the start. */
function oneLine(text: string, name: string): Found {
  if (!/\p{Cc}/u.test(text)) return { kind: "text", text };
  const where = /^[^\p{Cc}]*[\r\n]+$/u.test(text)
    ? "ends with a line end"
    : "holds a line end, tab or other control character";
  return { kind: "bad", problem: `${name} ${where}: leave it out` };
}
