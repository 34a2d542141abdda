import { assert, GatewayError } from "../core/errors.ts";
import type { Asked } from "./asked.ts";
import type { ClientCodec } from "./codec.ts";
import type { RequestFacts } from "./dialect.ts";
import { inexactInteger } from "./exact-numbers.ts";
import { parseObject } from "./json-view.ts";

/** An inspected request without its wire format. Throws what refuses it. */
export function modelRequestOf(client: ClientCodec, bytes: Buffer, facts: RequestFacts): Asked {
  const json = bytes.toString();
  const changed = inexactInteger(json);
  if (changed !== undefined)
    throw new GatewayError(
      "unsupported",
      `the number ${changed.slice(0, 40)} cannot be translated exactly: send it as a string`,
    );
  const body = parseObject(json);
  assert(body !== undefined, "what was inspected is a JSON object");
  return client.decodeRequest(body, facts);
}
