import { GatewayError } from "../core/errors.ts";
import { isInexactNumber } from "./exact-json.ts";
import type { JsonObject } from "./json-view.ts";
import { objectOf } from "./json-view.ts";
import { invalid } from "./read-field.ts";

/** The object a request has at a field; throws `invalid_request` for anything else. */
export function objectAt(value: unknown, field: string): JsonObject {
  const object = objectOf(value);
  if (object === undefined) throw invalid(field, "must be an object");
  return object;
}

/** The list a request has at a field; throws `invalid_request` for anything else. */
export function listAt(value: unknown, field: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(field, "must be an array");
  return value;
}

/** The string a request has at a field; throws `invalid_request` for anything else. */
export function textAt(value: unknown, field: string): string {
  if (typeof value !== "string") throw invalid(field, "must be a string");
  return value;
}

/** The number a request has at a field; throws `invalid_request` for anything else. */
export function numberAt(value: unknown, field: string): number {
  if (isInexactNumber(value)) {
    const why = `${field} is a number that cannot be translated exactly: write it with fewer digits`;
    throw new GatewayError("unsupported", why, { param: field });
  }
  if (typeof value !== "number") throw invalid(field, "must be a number");
  return value;
}

/** The boolean a request has at a field; throws `invalid_request` for anything else. */
export function flagAt(value: unknown, field: string): boolean {
  if (typeof value !== "boolean") throw invalid(field, "must be true or false");
  return value;
}

/** Reads a field that may be missing or null, which is the same. */
export function optional<Value>(
  value: unknown,
  field: string,
  read: (value: unknown, field: string) => Value,
): Value | undefined {
  return isAbsent(value) ? undefined : read(value, field);
}

/** True if a field is missing or null. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** Refuses an object's members that nobody translates, so that none is lost without a word; null and empty lists say nothing. */
export function onlyKnown(object: JsonObject, known: ReadonlySet<string>, field: string): void {
  for (const name in object) {
    if (known.has(name)) continue;
    const value = object[name];
    if (asksForNothing(value)) continue;
    throw untranslatable(field === "" ? name : `${field}.${name}`);
  }
}

/** True if a value means no more than its absence: null, false, 0, an empty text, list or object, as clients write options that they do not use. */
export function asksForNothing(value: unknown): boolean {
  if (typeof value !== "object" || value === null)
    return isAbsent(value) || value === false || value === 0 || value === "";
  return Object.keys(value).length === 0;
}

/** The refusal of a field that only providers of the client's own format understand. */
export function untranslatable(field: string): GatewayError {
  const why = `${field} is understood only by providers of this API's own format, and this model's are of another`;
  return new GatewayError("unsupported", why, { param: field });
}
