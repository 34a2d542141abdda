import { GatewayError } from "../../core/errors.ts";
import type { JsonScan } from "../../core/json-scan.ts";

/** Reads the vector that comes next, an array of numbers: its bytes as they stand. Throws `upstream_invalid` for anything else. */
export function readVector(scan: JsonScan): Buffer {
  const numbers = scan.numbers();
  if (numbers === undefined || numbers === 0) throw noVector();
  return scan.body.subarray(scan.start, scan.end);
}

/** Reads the list of vectors that comes next. */
export function readVectors(scan: JsonScan): readonly Buffer[] {
  if (scan.kind() !== "array") throw noVector();
  const vectors: Buffer[] = [];
  scan.enter();
  while (scan.nextItem()) vectors.push(readVector(scan));
  return vectors;
}

/** The failure of an answer that has something else where a vector should be. */
export function noVector(): GatewayError {
  return new GatewayError("upstream_invalid", "the provider's answer has no vector where one should be");
}
