import { GatewayError } from "../core/errors.ts";
import type { JsonScan } from "../core/json-scan.ts";

/** Longest model name accepted, in characters. */
const modelCharsMax = 256;
/** Digits of the largest count accepted: beyond 15 a double no longer holds every integer. */
const countDigitsMax = 15;
const countPattern = /^-?(?:0|[1-9]\d*)$/;

/** Reads a model's name. */
export function readModel(scan: JsonScan, param: string): string {
  const model = readText(scan, param);
  if (model === undefined || model === "") throw invalid(param, "must be a non-empty string");
  if (model.length > modelCharsMax) throw invalid(param, `must have at most ${modelCharsMax} characters`);
  return model;
}

/** Reads a string; null is as if the field were not there. */
export function readText(scan: JsonScan, param: string): string | undefined {
  if (isNull(scan)) return undefined;
  if (scan.kind() !== "string") throw invalid(param, "must be a string");
  scan.string();
  return scan.text();
}

/** Where a value stands in the body. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Passes a value and tells where its inside stands if it is a string; the string itself is not made. */
export function readRange(scan: JsonScan): ByteRange | undefined {
  if (scan.kind() !== "string") {
    scan.skip();
    return undefined;
  }
  scan.string();
  return { start: scan.start, end: scan.end };
}

/** Reads a boolean; null is as if the field were not there. */
export function readFlag(scan: JsonScan, param: string): boolean | undefined {
  if (isNull(scan)) return undefined;
  if (scan.kind() !== "boolean") throw invalid(param, "must be true or false");
  scan.skip();
  return scan.literal() === "true";
}

/**
 * Reads a whole number from `min` to `max`; null is as if the field were not there.
 * Written as an integer: `16.0` and `1e9` are refused, since parsers disagree on whether they are integers.
 */
export function readCount(scan: JsonScan, param: string, min: number, max: number): number | undefined {
  if (isNull(scan)) return undefined;
  if (scan.kind() !== "number") throw invalid(param, "must be an integer");
  scan.skip();
  const written = scan.literal();
  if (!countPattern.test(written)) throw invalid(param, "must be written as an integer");
  const value = Number(written);
  if (written.length > countDigitsMax || value < min || value > max)
    throw invalid(param, `must be from ${min} to ${max}`);
  return value;
}

/** Enters an object whose members decide; false when the field is null. */
export function enterObject(scan: JsonScan, param: string): boolean {
  if (isNull(scan)) return false;
  if (scan.kind() !== "object") throw invalid(param, "must be an object");
  scan.enter();
  return true;
}

/** Enters an array whose items decide; false when the field is null. */
export function enterArray(scan: JsonScan, param: string): boolean {
  if (isNull(scan)) return false;
  if (scan.kind() !== "array") throw invalid(param, "must be an array");
  scan.enter();
  return true;
}

/** A refusal of one field. */
export function invalid(param: string, why: string): GatewayError {
  return new GatewayError("invalid_request", `${param} ${why}`, { param });
}

function isNull(scan: JsonScan): boolean {
  if (scan.kind() !== "null") return false;
  scan.skip();
  return true;
}
