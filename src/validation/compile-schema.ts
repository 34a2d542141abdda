import { Ajv, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";

/** Longest schema that is read, in characters of its JSON. */
export const schemaCharactersMax = 65_536;
/** Schemas that stay compiled; the one used longest ago is forgotten first. */
const schemasMax = 256;

/** A schema that values can be checked against, or why it is none. */
export type CompiledSchema =
  | { readonly kind: "schema"; readonly fits: (value: unknown) => boolean }
  | { readonly kind: "unreadable"; readonly why: string };

/**
 * Each schema gets an instance of its own, so that no `$id` of one is another's reference. Schemas are not checked against their own
 * meta-schema, which takes longer than all else: what a keyword cannot be is found in compiling.
 */
const options: Options = {
  strict: false,
  validateFormats: false,
  logger: false,
  meta: false,
  validateSchema: false,
  ownProperties: true,
};

const compiled = new Map<string, CompiledSchema>();

/**
 * Compiles the JSON of a JSON Schema: draft 2020-12, else draft 7. The same schema again costs nothing. Takes as long as the schema makes it:
 * a client's is compiled and checked by in a worker alone.
 */
export function compileSchema(json: string): CompiledSchema {
  if (json.length > schemaCharactersMax)
    return { kind: "unreadable", why: `is longer than ${schemaCharactersMax} characters` };
  const found = compiled.get(json) ?? compile(JSON.parse(json));
  compiled.delete(json);
  compiled.set(json, found);
  if (compiled.size > schemasMax) {
    const [oldest] = compiled.keys();
    if (oldest !== undefined) compiled.delete(oldest);
  }
  return found;
}

/** Takes a schema of its own: says nothing of its draft, which is found by trying. */
function compile(schema: Record<string, unknown>): CompiledSchema {
  // Which draft it says it is would be looked up, and which it is shows.
  delete schema.$schema;
  if (schema.$async !== undefined) return { kind: "unreadable", why: "must not be asynchronous" };
  try {
    return { kind: "schema", fits: checkOf(new Ajv2020(options).compile(schema)) };
  } catch (error) {
    try {
      return { kind: "schema", fits: checkOf(new Ajv(options).compile(schema)) };
    } catch {
      return {
        kind: "unreadable",
        why: error instanceof Error ? error.message.slice(0, 200) : "cannot be read",
      };
    }
  }
}

/** A value nested so deep that checking overflows the stack fits no schema. */
function checkOf(validate: (value: unknown) => unknown): (value: unknown) => boolean {
  return (value) => {
    try {
      return validate(value) === true;
    } catch (error) {
      if (error instanceof RangeError) return false;
      throw error;
    }
  };
}
