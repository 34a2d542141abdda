/** Deepest nesting of a schema that is looked into. */
const depthMax = 64;
/** Members that hold values, or the names of other members. */
const values: ReadonlySet<string> = new Set(["enum", "default", "example", "required", "propertyOrdering"]);
/** Counts, which protocol-buffer JSON writes as strings. */
const counts: ReadonlySet<string> = new Set([
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minProperties",
  "maxProperties",
]);

/** Gemini's own kind of schema, a subset of OpenAPI's with types in capitals, as JSON Schema. */
export function jsonSchemaOf(schema: object, depth = 0): object {
  const written: Record<string, unknown> = {};
  if (depth > depthMax) return written;
  for (const [name, value] of Object.entries(schema)) {
    if (name === "nullable" || name === "propertyOrdering") continue;
    if (name === "type" && typeof value === "string") written.type = value.toLowerCase();
    else if (counts.has(name) && typeof value === "string") written[name] = Number(value);
    else if (name === "properties") written.properties = each(value, depth);
    else if (values.has(name) || typeof value !== "object" || value === null) written[name] = value;
    else if (Array.isArray(value)) written[name] = value.map((one) => within(one, depth));
    else written[name] = jsonSchemaOf(value, depth + 1);
  }
  const nullable = "nullable" in schema && schema.nullable === true;
  if (nullable && typeof written.type === "string") written.type = [written.type, "null"];
  return written;
}

function each(value: unknown, depth: number): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, schema]) => [name, within(schema, depth)]));
}

function within(value: unknown, depth: number): unknown {
  return typeof value === "object" && value !== null ? jsonSchemaOf(value, depth + 1) : value;
}
