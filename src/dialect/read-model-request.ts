import { assert } from "../core/errors.ts";
import type { Asked } from "./asked.ts";
import type { ClientCodec } from "./codec.ts";
import type { RequestFacts } from "./dialect.ts";
import { parseExactObject } from "./exact-json.ts";

/** An inspected request without its wire format. Throws what refuses it. */
export function modelRequestOf(client: ClientCodec, bytes: Buffer, facts: RequestFacts): Asked {
  const body = parseExactObject(bytes.toString());
  assert(body !== undefined, "what was inspected is a JSON object");
  return client.decodeRequest(body, facts);
}
