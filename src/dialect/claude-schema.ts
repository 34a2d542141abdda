import type { JsonObject } from "./json-view.ts";

/** Keywords of JSON Schema that Claude's structured output and strict tools refuse (https://platform.claude.com/docs/en/build-with-claude/structured-outputs). */
const refused: ReadonlySet<string> = new Set([
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
  "pattern",
  "minItems",
  "maxItems",
  "uniqueItems",
  "minProperties",
  "maxProperties",
]);
/** Members whose own members are names, not keywords. */
const named: ReadonlySet<string> = new Set(["properties", "$defs", "definitions", "patternProperties"]);
/** Members that hold values, not schemas. */
const values: ReadonlySet<string> = new Set(["enum", "const", "default", "examples", "required"]);
/** Deepest nesting looked into. */
const depthMax = 64;

/** A schema as Claude takes it, and what that changed: keywords left out, and `additionalProperties`, which must be false in every object. */
export function claudeSchema(schema: object): { readonly schema: object; readonly left: readonly string[] } {
  const left = new Set<string>();
  const cleaned = clean(schema, left, 0) as object;
  return left.size === 0 ? { schema, left: [] } : { schema: cleaned, left: [...left] };
}

function clean(value: unknown, left: Set<string>, depth: number): unknown {
  if (depth > depthMax || typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => clean(item, left, depth + 1));
  const kept: [string, unknown][] = [];
  for (const [key, member] of Object.entries(value)) {
    if (refused.has(key)) left.add(key);
    else if (key === "additionalProperties") closed(member, left);
    else if (values.has(key)) kept.push([key, member]);
    else if (named.has(key)) kept.push([key, cleanNamed(member, left, depth + 1)]);
    else kept.push([key, clean(member, left, depth + 1)]);
  }
  if (!isObjectSchema(value)) return Object.fromEntries(kept);
  if (!("additionalProperties" in value)) left.add("additionalProperties");
  return Object.fromEntries([...kept, ["additionalProperties", false]]);
}

/** Notes a member that says anything but what Claude wants. */
function closed(member: unknown, left: Set<string>): void {
  if (member !== false) left.add("additionalProperties");
}

function isObjectSchema(schema: object): boolean {
  const { type } = schema as JsonObject;
  return type === "object" || (Array.isArray(type) && type.includes("object")) || "properties" in schema;
}

function cleanNamed(value: unknown, left: Set<string>, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, schema]) => [name, clean(schema, left, depth)]),
  );
}
