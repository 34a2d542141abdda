import { askedFormat } from "../asked-format.ts";
import type { JsonObject } from "../json-view.ts";
import type { OutputFormat } from "../model-request.ts";
import { readSchemaFormat } from "../openai-options.ts";
import { invalid } from "../read-field.ts";
import { objectAt, optional } from "../read-json.ts";

/** The format that `text` asks for. Throws `invalid_request` for an invalid one. */
export function readTextFormat(text: JsonObject): OutputFormat | undefined {
  const format = optional(text.format, "text.format", objectAt);
  switch (format?.type) {
    case undefined:
    case "text":
      return undefined;
    case "json_object":
      return { kind: "json" };
    case "json_schema":
      return readSchemaFormat(format ?? {}, "text.format");
    default:
      throw invalid("text.format.type", "must be text, json_object or json_schema");
  }
}

/** The answer format that a Responses request asks for. */
export const responsesFormat = askedFormat(["text"], (body) => {
  const text = optional(body.text, "text", objectAt);
  return text === undefined ? undefined : readTextFormat(text);
});
