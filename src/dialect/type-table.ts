import { GatewayError } from "../core/errors.ts";
import { invalid } from "./read-field.ts";
import { uncountable } from "./uncountable.ts";

/**
 * The types that one kind of thing in a format has (tool, item of the input, part of a message), by whether a request can be held with it.
 * A type decides alone: what else stands in the object changes nothing. Types are written without the date that vendors append.
 */
export interface TypeTable {
  /** Types whose whole input stands in the request. */
  readonly counted: ReadonlySet<string>;
  /** Types that name content stored or fetched elsewhere. */
  readonly stored?: ReadonlySet<string>;
  /** Types that the vendor runs itself: it bills what they find, and a fee for each call. */
  readonly hosted?: ReadonlySet<string>;
}

/** `web_search_20250305`, `web_search_2025_08_26`. */
const date = /_(?:\d{8}|\d{4}_\d{2}_\d{2})$/;

/** A type without the date of its version. */
export function undated(type: string): string {
  return type.replace(date, "");
}

/** Refuses a type that cannot be held. `param`: where the object stands, e.g. `tools[]`. Never quotes a type that it does not know. */
export function checkType(table: TypeTable, type: string | undefined, param: string): void {
  const field = `${param}.type`;
  if (type === undefined) throw invalid(field, "is missing");
  const name = undated(type);
  if (table.counted.has(name)) return;
  if (table.stored?.has(name) === true) throw uncountable(`${param} of type ${name}`, field);
  if (table.hosted?.has(name) === true) throw hosted(`${param} of type ${name}`, field);
  const known = [...table.counted].join(", ");
  throw new GatewayError("unsupported", `${field} cannot be counted; what can be is ${known}`, {
    param: field,
  });
}

/** The refusal of a tool that runs at the vendor. */
export function hosted(what: string, param: string = what): GatewayError {
  const why = `${what} runs at the provider, which bills what it reads and each call, so it cannot be held; run it yourself and send what it found`;
  return new GatewayError("unsupported", why, { param });
}
