import { askedFormat } from "../asked-format.ts";
import type { JsonObject } from "../json-view.ts";
import type { OutputFormat } from "../model-request.ts";
import { objectAt, optional } from "../read-json.ts";
import { camel } from "./camel.ts";
import { jsonSchemaOf } from "./openapi-schema.ts";

/** The schema of an answer: Gemini's own kind, or JSON Schema; throws `invalid_request` for what is none. */
export function readSchema(name: "responseSchema" | "responseJsonSchema", value: unknown): OutputFormat {
  const written = objectAt(value, `generationConfig.${name}`);
  const schema = name === "responseSchema" ? jsonSchemaOf(written) : written;
  return { kind: "schema", schema, name: undefined, description: undefined, strict: undefined };
}

/** The answer format that a Gemini request asks for. */
export const generateFormat = askedFormat(["generationConfig", "generation_config"], (body) => {
  const written = optional(camel(body).generationConfig, "generationConfig", objectAt);
  return written === undefined ? undefined : formatOf(camel(written));
});

function formatOf(config: JsonObject): OutputFormat | undefined {
  for (const name of ["responseJsonSchema", "responseSchema"] as const) {
    const value = config[name];
    if (value !== undefined && value !== null) return readSchema(name, value);
  }
  return config.responseMimeType === "application/json" ? { kind: "json" } : undefined;
}
