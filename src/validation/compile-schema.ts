import { createHash } from "node:crypto";
import { Ajv, type Options } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { type Timed, withinMs } from "../core/time-limit.ts";

/** Longest schema that is read, in characters of its JSON. */
const schemaCharactersMax = 65_536;
/** Schemas that stay compiled; the one used longest ago is forgotten first. */
const schemasMax = 256;
/** Longest that reading a schema, and checking one value against it, may take: both may come from clients. */
const compileMs = 500;
const checkMs = 100;

/** A schema that values can be checked against, or why it is none. */
export type CompiledSchema =
  | { readonly kind: "schema"; readonly check: (value: unknown) => Timed<boolean> }
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

/** Compiles a JSON Schema: draft 2020-12, else draft 7. The same schema again costs nothing. */
export function compileSchema(schema: object): CompiledSchema {
  const text = JSON.stringify(schema);
  if (text.length > schemaCharactersMax)
    return { kind: "unreadable", why: `is longer than ${schemaCharactersMax} characters` };
  const key = createHash("sha256").update(text).digest("base64");
  const found = compiled.get(key) ?? compile(JSON.parse(text));
  compiled.delete(key);
  compiled.set(key, found);
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
  const made = withinMs(compileMs, () => attempt(schema));
  if (made.kind === "late") return { kind: "unreadable", why: "takes too long to read" };
  const { value: validate } = made;
  if (typeof validate === "string") return { kind: "unreadable", why: validate };
  let slow = false;
  return {
    kind: "schema",
    check: (value) => {
      // What took too long once would do so again, and everybody else would wait.
      if (slow) return { kind: "late" };
      const result = withinMs(checkMs, () => validate(value));
      slow = result.kind === "late";
      return result;
    },
  };
}

/** The check that a schema means, or what is wrong with it in ajv's words. */
function attempt(schema: object): ((value: unknown) => boolean) | string {
  try {
    return checkOf(new Ajv2020(options).compile(schema));
  } catch (error) {
    try {
      return checkOf(new Ajv(options).compile(schema));
    } catch {
      return error instanceof Error ? error.message.slice(0, 200) : "cannot be read";
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
