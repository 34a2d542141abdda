import { parseExactObject } from "./exact-json.ts";
import type { JsonObject } from "./json-view.ts";
import type { ToolCallPart } from "./model-request.ts";
import { invalid } from "./read-field.ts";

/** The arguments of an earlier call as the object that most formats want; throws `invalid_request` when they are none. */
export function argumentsObject(call: ToolCallPart, field: string): JsonObject {
  if (call.arguments.trim() === "") return {};
  const object = parseExactObject(call.arguments);
  if (object === undefined)
    throw invalid(field, `has a call of ${call.name} whose arguments are no JSON object`);
  return object;
}
