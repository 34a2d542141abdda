import type { JsonScan } from "../../core/json-scan.ts";
import type { KeySet } from "../../core/key-set.ts";
import { type JsonObject, parseObject } from "../json-view.ts";

/** Reads an object in one pass: members that have a reader are read where they stand, the others of `keys` come back parsed. */
export function readAnswer<Key extends string>(
  scan: JsonScan,
  keys: KeySet<Key>,
  readers: { readonly [Name in Key]?: () => void },
): JsonObject {
  const picked: string[] = [];
  scan.enter();
  for (let key = scan.nextKey(keys); key !== undefined; key = scan.nextKey(keys)) {
    const read = key === "" ? undefined : readers[key];
    if (read !== undefined) {
      read();
      continue;
    }
    scan.skip();
    if (key !== "") picked.push(`"${key}":${scan.body.toString("utf8", scan.start, scan.end)}`);
  }
  return parseObject(`{${picked.join(",")}}`) ?? {};
}
