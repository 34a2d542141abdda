import type { JsonScan } from "../core/json-scan.ts";
import type { KeySet } from "../core/key-set.ts";
import type { Member, ObjectPlace } from "./body-edit.ts";
import { invalid } from "./read-field.ts";

/** An object of a body with where its known members stand. */
export interface MarkedObject<Key extends string> {
  readonly place: ObjectPlace;
  readonly members: { readonly [Name in Key]?: Member };
}

/** Reads the object that comes next; `read` must pass each member's value ("" for keys that are not of the set) and may do with it what it likes. */
export function readMembers<Key extends string>(
  scan: JsonScan,
  keys: KeySet<Key>,
  param: string,
  read: (key: Key | "") => void,
): MarkedObject<Key> {
  if (scan.kind() !== "object") throw invalid(param, "must be an object");
  const open = scan.position() + 1;
  const members: { [Name in Key]?: Member } = {};
  let index = 0;
  let previousEnd = open;
  scan.enter();
  for (let key = scan.nextKey(keys); key !== undefined; key = scan.nextKey(keys)) {
    const start = scan.start - 1;
    const valueStart = scan.position();
    read(key);
    const end = scan.passed;
    if (key !== "") members[key] = { index, previousEnd, start, valueStart, end };
    index += 1;
    previousEnd = end;
  }
  return { place: { open, members: index }, members };
}
