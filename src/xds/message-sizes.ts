import { wholeAnswerBytesMax } from "../dialect/whole-response.ts";
import { http2Limits } from "../edge/http2/limits.ts";

/** Room for what encoding may add to a request body that was within the limit; Envoy's limit also bounds the retry buffer. */
export const bodyHeadroomBytes = 65_536;
/** Room in an ext_proc message for headers, attributes and metadata besides the body it carries. */
const messageHeadroomBytes = 1_048_576;

/** Every size that Envoy and our server must agree on. All follow from two numbers: `listen.bodyLimit` and {@link wholeAnswerBytesMax}. */
export interface MessageSizes {
  /** What Envoy buffers of a request that has no plan yet; above it the client gets 413. */
  readonly requestBytesMax: number;
  /** What Envoy buffers of a planned exchange, its answer included; above it the attempt fails with 500. */
  readonly bufferedBytesMax: number;
  /** The longest ext_proc message our server takes. */
  readonly messageBytesMax: number;
  /**
   * The stream window of the clusters that lead to us. Envoy takes it for the high watermark of a stream's send buffer too. An upstream filter
   * keeps an answer that has come whole; a watermark raised then, on the filter's own stream or on the router-level filter's when the
   * answer is let go, crashes Envoy (1.36 to 1.40). So it must be above any answer that a filter may keep, on both clusters.
   */
  readonly edgeStreamWindowBytes: number;
  /** The write buffer of a connection to us. It must be above our server's connection window, for the same reason. */
  readonly edgeConnectionBufferBytes: number;
}

/** The sizes for a limit on request bodies, in bytes. */
export function messageSizes(bodyLimitBytes: number): MessageSizes {
  const requestBytesMax = bodyLimitBytes + bodyHeadroomBytes;
  const bufferedBytesMax = Math.max(requestBytesMax, wholeAnswerBytesMax);
  const messageBytesMax = bufferedBytesMax + messageHeadroomBytes;
  return {
    requestBytesMax,
    bufferedBytesMax,
    messageBytesMax,
    edgeStreamWindowBytes: Math.min(2 * messageBytesMax, windowBytesMax),
    edgeConnectionBufferBytes: 16 * http2Limits.connectionWindowBytes,
  };
}

/** The largest window of HTTP/2 (RFC 9113 §6.9.1). */
const windowBytesMax = 2 ** 31 - 1;
