import { randomBytes } from "node:crypto";
import { type JsonObject, objectOf, parseJson } from "./json-view.ts";
import { rewriteOutsideStrings, someOutsideStrings } from "./outside-strings.ts";

/**
 * Begins a string that stands for a number which a double cannot hold. It is drawn anew in each process, so that no text from outside can be
 * taken for one. Node 20 has no `JSON.rawJSON`, which would do the same.
 */
const mark = `\ue000${randomBytes(12).toString("hex")}:`;
const marked = new RegExp(`"${mark}([^"]*)"`, "g");
/** Something that may be such a number; most texts have none. */
const suspicious = /[\d.]{16}|\d[eE][+-]?\d/;
/** The shortest of them is `1e9`. */
const suspiciousCharsMin = 3;
/** A shorter text is searched as a whole. */
const longTextChars = 4_096;
const number = /-?\d[\d.eE+-]*/g;
/** A number with more characters is taken for one that a double cannot hold. */
const charsMax = 64;

/** Parses JSON so that {@link stringifyExact} writes every number as it stood, however many digits it has. Undefined for what is no JSON. */
export function parseExact(json: string): unknown {
  if (!isSuspicious(json)) return parseJson(json);
  return parseJson(
    rewriteOutsideStrings(json, (between) =>
      suspicious.test(between)
        ? between.replace(number, (token) => (isExact(token) ? token : `"${mark}${token}"`))
        : between,
    ),
  );
}

function isSuspicious(json: string): boolean {
  if (json.length < longTextChars) return suspicious.test(json);
  return someOutsideStrings(json, suspiciousCharsMin, (between) => suspicious.test(between));
}

/** The same of a JSON object; undefined for anything else. */
export function parseExactObject(json: string): JsonObject | undefined {
  return objectOf(parseExact(json));
}

/** Writes a value that {@link parseExact} has read, whole or in part. */
export function stringifyExact(value: unknown): string {
  const json = JSON.stringify(value);
  return json.includes(mark) ? json.replace(marked, "$1") : json;
}

/** True if a value stands for a number that a double cannot hold. */
export function isInexactNumber(value: unknown): boolean {
  return typeof value === "string" && value.startsWith(mark);
}

/** True if a double holds a number written so: what it prints has the same digits at the same places. */
function isExact(token: string): boolean {
  if (token.length > charsMax) return false;
  const value = Number(token);
  return Number.isFinite(value) && digitsOf(String(value)) === digitsOf(token);
}

/** A number's digits and the power of ten behind the first, in one spelling for each value. */
function digitsOf(written: string): string {
  const [mantissa = "", exponent = "0"] = written.toLowerCase().split("e");
  const sign = mantissa.startsWith("-") ? "-" : "";
  const [whole = "", fraction = ""] = mantissa.replace("-", "").split(".");
  const all = whole + fraction;
  const leading = /^0*/.exec(all)?.[0].length ?? 0;
  const digits = all.slice(leading).replace(/0+$/, "");
  return digits === "" ? "0" : `${sign}${digits}e${Number(exponent) + whole.length - leading}`;
}
