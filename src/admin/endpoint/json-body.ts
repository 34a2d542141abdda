import type { IncomingMessage } from "node:http";
import { GatewayError } from "../../core/errors.ts";

const bodyBytesMax = 65_536;

/** Reads the body of a change. A web page cannot send this media type to another origin without a CORS preflight, which is refused. Throws a GatewayError. */
export async function readJsonBody(request: IncomingMessage): Promise<unknown> {
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
    throw new GatewayError("invalid_request", "the body is not JSON");
  }
}
