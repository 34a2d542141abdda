import { GatewayError } from "../core/errors.ts";
import { parseExact } from "./exact-json.ts";
import { type JsonObject, objectOf } from "./json-view.ts";
import type { FinishReason } from "./model-event.ts";

/**
 * A call's arguments as the object that a format wants. Undefined for a call that was cut off before they were whole: nobody made it. Throws
 * `upstream_invalid` for a whole call whose arguments are no object: an empty one in their place would be a call that the model did not make.
 */
export function calledInput(written: string, finish: FinishReason | undefined): JsonObject | undefined {
  const value = written.trim() === "" ? {} : parseExact(written);
  const object = value === null ? {} : objectOf(value);
  if (object !== undefined || isCutBy(finish)) return object;
  throw new GatewayError(
    "upstream_invalid",
    "the provider's answer calls a tool with arguments that are no JSON object",
  );
}

/** True for an end that may come anywhere, also inside a call. */
export function isCutBy(finish: FinishReason | undefined): boolean {
  return finish === "length" || finish === "content_filter" || finish === "error";
}
