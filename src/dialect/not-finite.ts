import { type JsonObject, parseObject } from "./json-view.ts";
import { rewriteOutsideStrings } from "./outside-strings.ts";

/**
 * Parses a JSON object in which numbers may be `NaN`, `Infinity` or `-Infinity`, as Python's `json.dumps` writes them by default
 * (https://docs.python.org/3/library/json.html#json.dumps, `allow_nan`; 2026-12-01); they are read as null. Undefined for anything else.
 */
export function parseNotFinite(
  json: string,
  parse: (json: string) => JsonObject | undefined = parseObject,
): JsonObject | undefined {
  if (!/NaN|Infinity/.test(json)) return undefined;
  return parse(rewriteOutsideStrings(json, (between) => between.replace(/-?(?:NaN|Infinity)/g, "null")));
}
