import type { z } from "zod";
import type { Path } from "./problem.ts";
import { didYouMean } from "./suggest.ts";
import { isUnavailableKey } from "./unavailable.ts";
import type { YamlFile } from "./yaml-file.ts";

/** Checks a part of a file against its schema; undefined once every problem in it has been noted where it is. */
export function parseSection<T>(
  file: YamlFile,
  path: Path,
  value: unknown,
  schema: z.ZodType<T>,
): T | undefined {
  const written = schema.safeParse(value, { error: explain });
  if (written.success) return written.data;
  const meant = asMeant(file, path, value, written.error.issues);
  const result = meant === undefined ? written : schema.safeParse(meant, { error: explain });
  if (result.success) return result.data;
  for (const issue of result.error.issues) noteIssue(file, path, value, issue);
  return undefined;
}

/**
 * The value with what YAML reads as a number or a boolean as the text it was written as, where text is wanted (`tenant_id: 42`), and
 * booleans in other letters (`True`) as booleans, where one is wanted; undefined when there is nothing of the kind.
 */
function asMeant(file: YamlFile, path: Path, value: unknown, issues: readonly z.core.$ZodIssue[]): unknown {
  let meant: unknown;
  for (const issue of issues) {
    const wanted = wantedAt(file, [...path, ...stepsOf(issue)], valueAt(value, issue.path), issue);
    if (wanted === undefined) continue;
    meant ??= structuredClone(value);
    meant = withValue(meant, issue.path, wanted);
  }
  return meant;
}

function wantedAt(
  file: YamlFile,
  path: Path,
  found: unknown,
  issue: z.core.$ZodIssue,
): string | boolean | undefined {
  // Every other number or boolean is the text it was written as already.
  if (typeof found === "number" || typeof found === "boolean")
    return wants(issue, "string") ? String(found) : undefined;
  return wants(issue, "boolean") ? file.booleanAt(path) : undefined;
}

/** True if the value would be valid as this type, alone or as one of several. */
function wants(issue: z.core.$ZodIssue, type: "string" | "boolean"): boolean {
  if (issue.code === "invalid_type") return issue.expected === type;
  return (
    issue.code === "invalid_union" &&
    issue.errors.some(
      ([first]) => first?.code === "invalid_type" && first.path.length === 0 && first.expected === type,
    )
  );
}

function withValue(value: unknown, path: readonly PropertyKey[], replacement: unknown): unknown {
  const last = path.at(-1);
  if (last === undefined) return replacement;
  const parent = valueAt(value, path.slice(0, -1));
  if (typeof parent === "object" && parent !== null) Reflect.set(parent, last, replacement);
  return value;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const step of path) found = (found as Readonly<Record<PropertyKey, unknown>>)[step];
  return found;
}

function stepsOf({ path }: z.core.$ZodIssue): Path {
  return path.map((step) => (typeof step === "number" ? step : String(step)));
}

/** Notes the keys of a map that are not known: as not available yet, or with the nearest known one. */
export function refuseKeys(
  file: YamlFile,
  path: Path,
  keys: readonly string[],
  known: readonly string[],
): void {
  for (const key of keys) {
    const message = isUnavailableKey(path, key)
      ? "not available in this version"
      : `unknown key${didYouMean(key, known) || `; known here: ${known.join(", ")}`}`;
    file.refuse([...path, key], message, "key");
  }
}

function noteIssue(file: YamlFile, base: Path, value: unknown, issue: z.core.$ZodIssue): void {
  const path = [...base, ...stepsOf(issue)];
  switch (issue.code) {
    case "unrecognized_keys":
      refuseKeys(file, path, issue.keys, issue.message.split(" "));
      return;
    case "invalid_key":
      file.refuse(path, issue.issues[0]?.message ?? issue.message, "key");
      return;
    default:
      // A value left out because a variable or file is missing is one problem, not two.
      if (!file.hasProblem(path)) file.refuse(path, required(value, issue));
  }
}

/** The issue's message, with the expected type if the value is missing. */
function required(value: unknown, { path, message }: z.core.$ZodIssue): string {
  return valueAt(value, path) !== undefined || message.startsWith("is required")
    ? message
    : `is required: ${message}`;
}

/** Plain words for what zod finds; a schema's own message wins over these. No message quotes the value: it may be a secret. */
const explain: z.core.$ZodErrorMap = (issue) => {
  switch (issue.code) {
    case "unrecognized_keys":
      // Carries the known keys to `noteIssue`: zod gives the schema to this function alone.
      return knownKeys(issue.inst).join(" ");
    case "invalid_type":
      if (issue.input === undefined) return "is required";
      return `must be ${kinds[issue.expected] ?? issue.expected}`;
    case "invalid_value": {
      const wanted = issue.values.map(String);
      if (issue.input === undefined) return `is required: ${wanted.join(", ")}`;
      return `must be ${wanted.length > 1 ? "one of " : ""}${wanted.join(", ")}`;
    }
    case "too_small":
      return `must be at least ${issue.minimum}${units[issue.origin] ?? ""}`;
    case "too_big":
      return `must be at most ${issue.maximum}${units[issue.origin] ?? ""}`;
    case "invalid_union":
      return issue.input === undefined ? "is required" : undefined;
    default:
      return undefined;
  }
};

const kinds: Readonly<Record<string, string>> = {
  string: "text",
  boolean: "true or false",
  number: "a whole number",
  int: "a whole number",
  array: "a list",
  object: "a map of keys",
  record: "a map of names",
};

const units: Readonly<Record<string, string>> = {
  string: " characters",
  array: " entries",
};

function knownKeys(schema: { readonly _zod: { readonly def: object } } | undefined): readonly string[] {
  const definition = schema?._zod.def;
  return definition !== undefined && "shape" in definition ? Object.keys(definition.shape as object) : [];
}
