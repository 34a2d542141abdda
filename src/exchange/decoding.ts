import { ContentDecoder, isDecodable } from "../core/content-decoder.ts";
import { GatewayError } from "../core/errors.ts";
import type { Headers } from "../core/headers.ts";
import type { Exchange } from "./exchange.ts";

/** Prepares to take off what an upstream encodes its answer in although it was asked not to; the failure, when that cannot be. */
export function beginDecoding(exchange: Exchange, headers: Headers): GatewayError | undefined {
  const encoding = headers.get("content-encoding");
  if (encoding === undefined || encoding === "identity") return undefined;
  if (!isDecodable(encoding))
    return new GatewayError(
      "upstream_invalid",
      "the provider's answer is encoded in a way that cannot be read",
    );
  exchange.decoder = new ContentDecoder(encoding);
  return undefined;
}
