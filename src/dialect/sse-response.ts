import { ByteRuns } from "../core/byte-runs.ts";
import { GatewayError } from "../core/errors.ts";
import { SseDecoder, type SseEvent } from "../core/sse.ts";
import type { ResponseTransform } from "./dialect.ts";
import type { ResponseState } from "./response-state.ts";

/** A dialect's reader of the events of a stream. */
export interface EventReader {
  /** Notes what an event says, and adds to `out` the bytes the client gets for it. Throws `upstream_invalid` for what is no event of the format. */
  read(event: SseEvent, out: ByteRuns): void;
  /** The stream ended, whole or not. */
  end(out: ByteRuns): void;
  /** An in-dialect event that says the stream broke. */
  breakOff(error: GatewayError): Buffer;
}

/**
 * A stream of server-sent events on its way to the client. Only whole events leave, so that an error event can follow if the stream breaks off. An unreadable event ends the answer here: the client gets an error event, `seen.error` is set, and nothing further passes.
 */
export class SseResponse implements ResponseTransform {
  readonly seen: ResponseState;
  readonly #reader: EventReader;
  readonly #decoder = new SseDecoder();
  readonly #out = new ByteRuns();

  constructor(seen: ResponseState, reader: EventReader) {
    this.seen = seen;
    this.#reader = reader;
  }

  push(chunk: Buffer, end: boolean): Buffer {
    if (this.seen.unreadable) return nothing;
    try {
      this.#decoder.push(chunk, end);
      for (let event = this.#decoder.next(); event !== undefined; event = this.#decoder.next())
        this.#reader.read(event, this.#out);
      if (end) this.#reader.end(this.#out);
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      this.seen.giveUp(error);
      this.#out.add(this.breakOff(error));
    }
    return this.#out.take(chunk);
  }

  breakOff(error: GatewayError): Buffer {
    return this.#reader.breakOff(error);
  }
}

const nothing = Buffer.alloc(0);
