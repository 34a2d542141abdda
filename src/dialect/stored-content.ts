import type { JsonScan } from "../core/json-scan.ts";
import { type ByteRange, readRange } from "./read-field.ts";
import { uncountable } from "./uncountable.ts";

/** Refuses a member that names stored content; null and an empty text name none. */
export function refuseStored(scan: JsonScan, param: string): void {
  if (scan.kind() === "null") {
    scan.skip();
    return;
  }
  if (readRange(scan) === undefined || scan.start !== scan.end) throw uncountable(param);
}

/** Longest scheme of a URL that is looked for. */
const schemeBytesMax = 32;
const dataScheme = "data:";

/** Reads a member that must hold content itself, in base64 or as a `data:` URL; some servers fetch what has another URL. */
export function readInline(scan: JsonScan, param: string): ByteRange | undefined {
  const place = readRange(scan);
  if (place === undefined) return undefined;
  const head = scan.body.toString("latin1", place.start, Math.min(place.end, place.start + schemeBytesMax));
  if (/[:\\]/.test(head) && !head.toLowerCase().startsWith(dataScheme)) throw uncountable(param);
  return place;
}
