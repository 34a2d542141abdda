import type { JsonObject } from "./json-view.ts";
import type { OutputFormat, Reasoning, ReasoningEffort } from "./model-request.ts";
import { invalid } from "./read-field.ts";
import { flagAt, listAt, objectAt, optional, textAt } from "./read-json.ts";

const efforts: ReadonlySet<string> = new Set(["minimal", "low", "medium", "high", "xhigh", "max"]);

/** OpenAI's `reasoning_effort`. */
export function readEffort(value: unknown, field: string): Reasoning {
  const effort = textAt(value, field);
  if (effort === "none") return { kind: "off" };
  if (!isEffort(effort)) throw invalid(field, "must be none, minimal, low, medium, high, xhigh or max");
  return { kind: "effort", effort };
}

/** True if a word is one of the efforts. */
export function isEffort(value: unknown): value is ReasoningEffort {
  return typeof value === "string" && efforts.has(value);
}

/** OpenAI's JSON schema of an answer: `{name, schema, strict, description}`. */
export function readSchemaFormat(format: JsonObject, field: string): OutputFormat {
  return {
    kind: "schema",
    schema: objectAt(format.schema, `${field}.schema`),
    name: optional(format.name, `${field}.name`, textAt),
    description: optional(format.description, `${field}.description`, textAt),
    strict: optional(format.strict, `${field}.strict`, flagAt),
  };
}

/** OpenAI's `stop`: one sequence or several. */
export function readStop(value: unknown): readonly string[] {
  if (typeof value === "string") return [value];
  return listAt(value, "stop").map((one, index) => textAt(one, `stop[${index}]`));
}

const dataUrl = /^data:([^;,]*)(?:;[^,]*)?;base64,/i;

/** A `data:` URL's type and base64; undefined for every other URL. */
export function readDataUrl(url: string): { readonly mediaType: string; readonly data: string } | undefined {
  const match = dataUrl.exec(url);
  if (match === null) return undefined;
  return { mediaType: (match[1] ?? "").toLowerCase(), data: url.slice(match[0].length) };
}
