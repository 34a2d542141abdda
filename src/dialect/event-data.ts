import { GatewayError } from "../core/errors.ts";
import { type JsonObject, parseObject } from "./json-view.ts";
import { parseNotFinite } from "./not-finite.ts";
import type { ResponseState } from "./response-state.ts";

/** An SSE comment, which every client passes over: sent in place of an event that no client can read, so that the connection stays busy. */
export const commentEvent = Buffer.from(":\n\n");

/**
 * The data of one event as a JSON object. Undefined for an odd event, which is counted in `seen` and passed over: one empty or foreign event
 * must not end a good answer. Throws `upstream_invalid` for an object that is not whole: a piece of the answer is lost with it.
 */
export function eventData(
  data: string,
  seen: ResponseState,
  parse: (json: string) => JsonObject | undefined = parseObject,
): JsonObject | undefined {
  if (seen.ended) return seen.odd("after_end");
  const object = parse(data);
  if (object !== undefined) return object;
  const start = data.trimStart();
  if (start === "") return seen.odd("empty");
  if (!start.startsWith("{")) return seen.odd("not_json");
  const finite = parseNotFinite(data, parse);
  if (finite === undefined)
    throw new GatewayError("upstream_invalid", "the provider sent an event that is not JSON");
  seen.odd("not_finite");
  return finite;
}

/** A whole answer as the JSON object it must be; a byte order mark before it and numbers that are not finite do no harm. Undefined for anything else. */
export function wholeData(
  bytes: Buffer,
  parse: (json: string) => JsonObject | undefined = parseObject,
): JsonObject | undefined {
  const text = bytes.toString();
  const json = text.startsWith("\ufeff") ? text.slice(1) : text;
  return parse(json) ?? parseNotFinite(json, parse);
}
