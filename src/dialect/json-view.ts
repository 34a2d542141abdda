/** A parsed JSON object of which only what is looked for is known. */
export type JsonObject = { readonly [name: string]: unknown };

/** The value when it is an object, else nothing: providers' answers are read, not trusted. */
export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** The value when it is a list, else an empty one. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The value when it is a non-empty string. */
export function textOf(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** The value when it can be a number of tokens: a non-negative integer that a double holds exactly. */
export function tokensOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** Parses a JSON object; undefined for anything else. */
export function parseObject(json: string): JsonObject | undefined {
  return objectOf(parseJson(json));
}

/** Parses any JSON value; undefined for what is no JSON. */
export function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
