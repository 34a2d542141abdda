import { GatewayError } from "../core/errors.ts";
import { type FieldSection, isValue, valueLengthMax } from "./contract-section.ts";

/** One place a field's value may come from. */
export type Source =
  | { readonly kind: "header"; readonly name: string }
  | { readonly kind: "body"; readonly path: string }
  | { readonly kind: "identity" };

/** One field of the contract, compiled. */
export interface Field {
  readonly name: string;
  /** The only values it may have. Undefined for any short text. */
  readonly values: ReadonlySet<string> | undefined;
  readonly default: string | undefined;
  /** The first that has a value decides. */
  readonly sources: readonly Source[];
}

const booleans: ReadonlySet<string> = new Set(["true", "false"]);

/** Compiles one field; what the config leaves out is as design says: from the header, else from the body's `contract`. */
export function compileField(name: string, section: FieldSection): Field {
  return Object.freeze({
    name,
    values:
      section.type === "boolean"
        ? booleans
        : section.values === undefined
          ? undefined
          : new Set(section.values),
    default: section.default === undefined ? undefined : String(section.default),
    sources: (section.from ?? ["header", "contract"]).map((from) => compileSource(name, from)),
  });
}

/** The request header that carries a field: `x-tollgate-`, then its name with `-` for `_`. */
export function headerOf(name: string): string {
  return `x-tollgate-${name.replaceAll("_", "-")}`;
}

/** The reason why a field may not have this value, or undefined if it may. Never quotes the value, which came from a client. */
export function valueProblem(field: Field, value: string): string | undefined {
  if (field.values !== undefined && !field.values.has(value))
    return `${field.name} must be one of ${[...field.values].join(", ")}`;
  if (!isValue(value))
    return `${field.name} must be at most ${valueLengthMax} characters, without control characters and |`;
  return undefined;
}

/** The value if the field may have it; throws `invalid_contract`. */
export function checked(field: Field, value: string): string {
  const problem = valueProblem(field, value);
  if (problem !== undefined) throw new GatewayError("invalid_contract", problem, { param: field.name });
  return value;
}

function compileSource(name: string, from: string): Source {
  if (from === "header") return { kind: "header", name: headerOf(name) };
  if (from === "identity") return { kind: "identity" };
  return { kind: "body", path: from === "contract" ? `contract.${name}` : from.slice("body:".length) };
}
