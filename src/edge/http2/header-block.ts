import { type ConnectionError, connectionError, errorCode } from "./frame.ts";
import type { Http2Limits } from "./limits.ts";

/** Collects a header block that a client sends in several frames. No other frame may come on the connection until it is complete. */
export class HeaderBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly #limits: Http2Limits;
  readonly #parts: Buffer[] = [];
  #bytes = 0;
  /** Ticks since its first frame. */
  ageTicks = 0;

  constructor(streamId: number, endStream: boolean, limits: Http2Limits) {
    this.streamId = streamId;
    this.endStream = endStream;
    this.#limits = limits;
  }

  /** Adds a copy of one frame's fragment. */
  append(bytes: Buffer, start: number, end: number): ConnectionError | undefined {
    this.#bytes += end - start;
    this.#parts.push(Buffer.from(bytes.subarray(start, end)));
    if (this.#bytes > this.#limits.headerBlockBytes)
      return connectionError(
        errorCode.enhanceYourCalm,
        `header block over ${this.#limits.headerBlockBytes} bytes`,
      );
    if (this.#parts.length > this.#limits.continuationFrames + 1)
      return connectionError(errorCode.enhanceYourCalm, "too many CONTINUATION frames");
    return undefined;
  }

  /** The whole block. */
  join(): Buffer {
    return Buffer.concat(this.#parts, this.#bytes);
  }
}
