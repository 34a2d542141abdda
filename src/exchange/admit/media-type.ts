import { GatewayError } from "../../core/errors.ts";
import type { Headers } from "../../core/headers.ts";

/** The media type that every operation takes and every provider is sent. No parameter means UTF-8 (RFC 8259 §8.1, §11). */
export const requestMediaType = "application/json";

const accepted = /^application\/json[ \t]*(?:;[ \t]*charset[ \t]*=[ \t]*"?utf-?8"?[ \t]*)?;?[ \t]*$/i;

/**
 * Refuses a body that is declared to be anything but JSON in UTF-8 or one of the media types `besides`, exactly; a request without a content type is taken to be JSON.
 * A server that heeds the declaration (Express decodes UTF-7) would read another model or cap than was checked here.
 */
export function checkMediaType(headers: Headers, besides: readonly string[] = []): void {
  const declared = headers.get("content-type")?.trim();
  if (declared === undefined || accepted.test(declared) || besides.includes(declared.toLowerCase())) return;
  throw new GatewayError(
    "unsupported_media_type",
    `the content-type must be ${requestMediaType}, with no charset but UTF-8`,
  );
}
