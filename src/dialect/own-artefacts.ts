import { parseExactObject, stringifyExact } from "./exact-json.ts";
import { type JsonObject, objectOf, textOf } from "./json-view.ts";
import { providerId, splitSignature } from "./tool-call-id.ts";

/** Takes out of one item of a history what the gateway itself put there: the same object if there is nothing, undefined to leave the item out. */
export type CleanItem = (item: JsonObject) => JsonObject | undefined;

/**
 * What the gateway may have put into a conversation of one format while a provider of another kind answered, and how it is taken out: proofs of
 * reasoning that only that provider can read, and ids longer than others take.
 */
export interface OwnArtefacts {
  /** A body with an artefact has at least one of these strings. Most bodies have none, and are not parsed. */
  readonly marks: readonly string[];
  /** The request's history: the member of the body that lists it, and how each item of it is cleaned. */
  readonly history: string;
  readonly clean: CleanItem;
}

/** A request of the provider's own format without the gateway's artefacts; the same buffer where there are none. */
export function withoutArtefacts(body: Buffer, { marks, history, clean }: OwnArtefacts): Buffer {
  if (!marks.some((mark) => body.includes(mark))) return body;
  const request = parseExactObject(body.toString());
  if (request === undefined) return body;
  const cleaned = cleanMember(request, history, clean) ?? request;
  return cleaned === request ? body : Buffer.from(stringifyExact(cleaned));
}

/** An item whose member, a list of objects, is cleaned. Undefined if that leaves the list empty; the same object if nothing changes. */
export function cleanMember(item: JsonObject, key: string, clean: CleanItem): JsonObject | undefined {
  const before: unknown = item[key];
  if (!Array.isArray(before)) return item;
  const after = before.flatMap((entry: unknown) => {
    const object = objectOf(entry);
    return object === undefined ? [entry] : (clean(object) ?? []);
  });
  if (after.length === before.length && after.every((entry, at) => entry === before[at])) return item;
  return after.length === 0 ? undefined : { ...item, [key]: after };
}

/** An object whose ids of calls, under these keys, carry no proof of another vendor's: the same id for a call and its result. */
export function withPlainIds(item: JsonObject, ...keys: readonly string[]): JsonObject {
  let plain = item;
  for (const key of keys) {
    const { id, signature } = splitSignature(textOf(item[key]) ?? "");
    if (signature !== undefined) plain = { ...plain, [key]: providerId(id) };
  }
  return plain;
}
