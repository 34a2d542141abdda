import type { IncomingMessage } from "node:http";
import { GatewayError } from "../core/errors.ts";

const bodyBytesMax = 65_536;

/** An answer of the admin interface, as JSON. */
export interface JsonAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** The body of a change. No page in a browser can send this type elsewhere without being asked first, which is refused. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const { "content-type": type = "" } = request.headers;
  if (!/^application\/json\b/i.test(type)) throw new GatewayError("invalid_request", "send application/json");
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > bodyBytesMax) throw new GatewayError("body_too_large", "the body is too large");
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString());
  } catch {
    throw new GatewayError("invalid_request", "the body is no JSON");
  }
}

/** What failed, as its answer says it. */
export function refusal(thrown: unknown): JsonAnswer {
  const { status, message } = GatewayError.from(thrown);
  return { status, body: { error: message } };
}
