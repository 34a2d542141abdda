import { askedFormat } from "../asked-format.ts";
import { parseExactObject } from "../exact-json.ts";
import type { JsonObject } from "../json-view.ts";
import type { OutputFormat } from "../model-request.ts";
import { invalid } from "../read-field.ts";
import { objectAt, optional, textAt } from "../read-json.ts";

const field = "outputConfig.textFormat";

/** What `outputConfig` asks for; throws `invalid_request` for what it cannot be. */
export function readTextFormat(config: JsonObject): OutputFormat | undefined {
  const format = optional(config.textFormat, field, objectAt);
  if (format === undefined) return undefined;
  if (format.type !== "json_schema") throw invalid(`${field}.type`, "must be json_schema");
  const { jsonSchema } = objectAt(format.structure, `${field}.structure`);
  const at = `${field}.structure.jsonSchema`;
  const written = objectAt(jsonSchema, at);
  const schema = parseExactObject(textAt(written.schema, `${at}.schema`));
  if (schema === undefined) throw invalid(`${at}.schema`, "must be a JSON object in a string");
  return {
    kind: "schema",
    schema,
    name: optional(written.name, `${at}.name`, textAt),
    description: optional(written.description, `${at}.description`, textAt),
    strict: undefined,
  };
}

/** The answer format that a Converse request asks for. */
export const converseFormat = askedFormat(["outputConfig"], (body) => {
  const config = optional(body.outputConfig, "outputConfig", objectAt);
  return config === undefined ? undefined : readTextFormat(config);
});
