import { duplicateKey, type JsonScan } from "../core/json-scan.ts";
import { enterObject, invalid } from "./read-field.ts";

/** Most leaves and objects of `contract` and `metadata` together; what could hide a field policy reads is refused, not dropped. */
const fieldsMax = 128;
/** Longest path and value of one leaf, in characters (OpenAI allows metadata values of 512). */
const fieldCharsMax = 1024;
/** Bytes one character may take in JSON: `\\u0041`. */
const escapeBytes = 6;

/** Collects the string, number and boolean leaves of an object by dotted path. Lists and nulls are passed over; another kind of value is refused. */
export function readFields(scan: JsonScan, path: string, into: Map<string, string>): void {
  if (!enterObject(scan, path)) return;
  const names = new Set<string>();
  for (let name = scan.nextName(); name !== undefined; name = scan.nextName()) {
    const leaf = `${path}.${name}`;
    if (leaf.length > fieldCharsMax) throw invalid(path, `has a name over ${fieldCharsMax} characters`);
    if (names.has(name) || into.has(leaf)) throw duplicateKey(leaf);
    if (names.size + into.size >= fieldsMax) throw invalid(path, `has more than ${fieldsMax} fields`);
    names.add(name);
    readField(scan, leaf, into);
  }
}

function readField(scan: JsonScan, leaf: string, into: Map<string, string>): void {
  const kind = scan.kind();
  if (kind === "object") {
    readFields(scan, leaf, into);
    return;
  }
  if (kind === "array" || kind === "null") {
    scan.skip();
    return;
  }
  if (kind === "string") scan.string();
  else scan.skip();
  if (scan.end - scan.start > fieldCharsMax * escapeBytes)
    throw invalid(leaf, `is over ${fieldCharsMax} characters`);
  const text = kind === "string" ? scan.text() : scan.literal();
  if (text.length > fieldCharsMax) throw invalid(leaf, `is over ${fieldCharsMax} characters`);
  into.set(leaf, text);
}
