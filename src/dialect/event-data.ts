import { GatewayError } from "../core/errors.ts";
import { type JsonObject, parseObject } from "./json-view.ts";

/**
 * The data of one event as the JSON object it must be; throws `upstream_invalid` for anything else. The reader of the stream has bounded its size.
 */
export function eventData(data: string): JsonObject {
  const object = parseObject(data);
  if (object === undefined)
    throw new GatewayError("upstream_invalid", "the provider sent an event that is not JSON");
  return object;
}
