import { type JsonSchema, objectSchema } from "./field-type.ts";
import { recordTable } from "./record-fields.ts";

/** The JSON Schema of the record, which ships as schema/usage.v1.json. */
export function recordSchema(): JsonSchema & Readonly<Record<"$schema" | "$id" | "title", string>> {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:tollgate:usage.v1",
    title: "Tollgate usage record, version 1",
    description:
      "One exchange: one line of JSON. The first thirteen keys are always there, null = unknown; of the others, absent = unknown. Own contract fields stand beside these as strings.",
    type: "object",
    ...objectSchema(recordTable),
    additionalProperties: { type: "string", description: "An own contract field." },
  };
}
