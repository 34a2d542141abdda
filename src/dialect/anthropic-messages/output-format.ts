import { askedFormat } from "../asked-format.ts";
import type { JsonObject } from "../json-view.ts";
import type { OutputFormat } from "../model-request.ts";
import { invalid } from "../read-field.ts";
import { objectAt, optional } from "../read-json.ts";

/** A format as Claude is asked for it; throws `invalid_request` for what it cannot be. */
export function readMessagesFormat(format: JsonObject, field: string): OutputFormat {
  if (format.type !== "json_schema") throw invalid(`${field}.type`, "must be json_schema");
  const schema = objectAt(format.schema, `${field}.schema`);
  return { kind: "schema", schema, name: undefined, description: undefined, strict: undefined };
}

/** The answer format that a Messages request asks for, in `output_config.format` or, as the beta had it, in `output_format`. */
export const messagesFormat = askedFormat(["output_config", "output_format"], (body) => {
  const config = optional(body.output_config, "output_config", objectAt);
  const format = optional(config?.format ?? body.output_format, "output_config.format", objectAt);
  return format === undefined ? undefined : readMessagesFormat(format, "output_config.format");
});
