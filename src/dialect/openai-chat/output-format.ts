import { askedFormat } from "../asked-format.ts";
import type { OutputFormat } from "../model-request.ts";
import { readSchemaFormat } from "../openai-options.ts";
import { invalid } from "../read-field.ts";
import { objectAt, optional } from "../read-json.ts";

/** What `response_format` asks for; throws `invalid_request` for what it cannot be. */
export function readChatFormat(value: unknown): OutputFormat | undefined {
  const format = objectAt(value, "response_format");
  switch (format.type) {
    case "text":
      return undefined;
    case "json_object":
      return { kind: "json" };
    case "json_schema": {
      const field = "response_format.json_schema";
      return readSchemaFormat(objectAt(format.json_schema, field), field);
    }
    default:
      throw invalid("response_format.type", "must be text, json_object or json_schema");
  }
}

/** The answer format that a chat request asks for. */
export const chatFormat = askedFormat(["response_format"], (body) =>
  optional(body.response_format, "response_format", readChatFormat),
);
