/** Keywords of JSON Schema that Claude's structured output refuses (https://docs.anthropic.com/en/api/messages). */
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

/** A schema without the keywords that Claude refuses, and which they were. */
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
    else if (values.has(key)) kept.push([key, member]);
    else if (named.has(key)) kept.push([key, cleanNamed(member, left, depth + 1)]);
    else kept.push([key, clean(member, left, depth + 1)]);
  }
  return Object.fromEntries(kept);
}

function cleanNamed(value: unknown, left: Set<string>, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, schema]) => [name, clean(schema, left, depth)]),
  );
}
