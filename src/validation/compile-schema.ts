import { Ajv, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { linearPattern } from "../core/linear-pattern.ts";

/** Longest schema that is read, in characters of its JSON. */
export const schemaCharactersMax = 65_536;
/** Schemas that stay compiled; the one used longest ago is forgotten first. */
const schemasMax = 256;

/** A schema that values can be checked against, or why it is none. */
export type CompiledSchema =
  | { readonly kind: "schema"; readonly fits: (value: unknown) => boolean }
  | { readonly kind: "unreadable"; readonly why: string };

/**
 * Each schema gets a separate instance, so that no `$id` of one resolves a reference of another. Schemas are not checked against their meta-schema,
 * which takes longer than all else: compiling finds impossible keywords. Patterns are matched in linear time.
 */
const options: Options = {
  strict: false,
  validateFormats: false,
  logger: false,
  meta: false,
  validateSchema: false,
  ownProperties: true,
  code: { regExp: Object.assign((pattern: string) => linearPattern(pattern), { code: "linearPattern" }) },
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

/** Modifies the schema, which must not be shared: removes its `$schema`, since the draft is found by trying. */
function compile(schema: Record<string, unknown>): CompiledSchema {
  // Ajv would look up the draft that the schema names; trying shows which it is.
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
