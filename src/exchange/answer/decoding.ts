import { ContentDecoder, isDecodable } from "../../core/content-decoder.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Headers } from "../../core/headers.ts";
import { answerTooLarge, wholeAnswerBytesMax } from "../../dialect/whole-response.ts";

/** Most bytes that one piece of an answer may decode to, in however many slices: they go on in one reply to Envoy. */
const decodedPieceBytesMax = 4 * wholeAnswerBytesMax;

/** Decoded at once, by a thread of zlib's. */
const encodedSliceBytes = 131_072;

/** The decoder of an answer that its upstream encoded although it was asked not to: undefined if it did not, an error if it cannot be read. */
export function decoderOf(headers: Headers): ContentDecoder | GatewayError | undefined {
  const encoding = headers.get("content-encoding");
  if (encoding === undefined || encoding === "identity") return undefined;
  if (!isDecodable(encoding))
    return new GatewayError("upstream_invalid", "the provider's answer has an unsupported content-encoding");
  return new ContentDecoder(encoding, decodedPieceBytesMax);
}

/**
 * Decodes a piece slice by slice, and hands on what each becomes before the next is decoded, until `take` answers true: it wants no more.
 * Rejects as the decoder does, and with `response_too_large` for a piece that becomes more than one reply can take.
 */
export async function decodeInSlices(
  decoder: ContentDecoder,
  piece: Buffer,
  end: boolean,
  take: (plain: Buffer, last: boolean) => Promise<boolean>,
): Promise<void> {
  let decodedBytes = 0;
  let at = 0;
  let enough = false;
  do {
    const slice = piece.subarray(at, at + encodedSliceBytes);
    at += encodedSliceBytes;
    const last = end && at >= piece.length;
    const plain = await decoder.push(slice, last);
    decodedBytes += plain.length;
    if (decodedBytes > decodedPieceBytesMax) throw answerTooLarge();
    enough = await take(plain, last);
  } while (at < piece.length && !enough);
}
