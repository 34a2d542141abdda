import { GatewayError } from "../core/errors.ts";
import { type JsonObject, parseObject } from "./json-view.ts";

/** An event from this size on is looked at before it is parsed, which takes long only for many values: an image is one. */
const largeChars = 65_536;
const valuesMax = 50_000;

/** The data of one event as the JSON object it must be; throws `upstream_invalid` for anything else. */
export function eventData(data: string): JsonObject {
  if (data.length >= largeChars && hasManyValues(data))
    throw new GatewayError("upstream_invalid", `the provider sent an event of more than ${valuesMax} values`);
  const object = parseObject(data);
  if (object === undefined)
    throw new GatewayError("upstream_invalid", "the provider sent an event that is not JSON");
  return object;
}

/** Whether a JSON text has more values than an event may: counted by what stands before them outside strings. */
function hasManyValues(json: string): boolean {
  let values = 0;
  let inString = false;
  for (let at = 0; at < json.length && values <= valuesMax; at += 1) {
    const unit = json.charCodeAt(at);
    if (unit === quote) inString = !inString;
    else if (unit === backslash) at += 1;
    else if (!inString && (unit === comma || unit === openBrace || unit === openBracket)) values += 1;
  }
  return values > valuesMax;
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openBrace = 0x7b;
const openBracket = 0x5b;
