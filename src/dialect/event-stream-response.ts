import { ByteRuns } from "../core/byte-runs.ts";
import { GatewayError } from "../core/errors.ts";
import { EventStreamDecoder, type EventStreamMessage } from "../core/event-stream.ts";
import type { ResponseTransform } from "./dialect.ts";
import type { ResponseState } from "./response-state.ts";

/** A dialect's reader of the messages of an AWS event stream. */
export interface MessageReader {
  /** Notes what a message says, and adds to `out` the bytes the client gets for it. Throws `upstream_invalid` for what is no message of the format. */
  read(message: EventStreamMessage, out: ByteRuns): void;
  /** The stream ended, whole or not. */
  end(out: ByteRuns): void;
  /** A message that says the stream broke. */
  breakOff(error: GatewayError): Buffer;
}

/** An AWS event stream on its way to the client; like {@link SseResponse}, only whole messages leave, and what cannot be read ends the answer. */
export class EventStreamResponse implements ResponseTransform {
  readonly seen: ResponseState;
  readonly #reader: MessageReader;
  readonly #decoder = new EventStreamDecoder();
  readonly #out = new ByteRuns();

  constructor(seen: ResponseState, reader: MessageReader) {
    this.seen = seen;
    this.#reader = reader;
  }

  push(chunk: Buffer, end: boolean): Buffer {
    if (this.seen.unreadable) return nothing;
    try {
      this.#decoder.push(chunk);
      for (let message = this.#decoder.next(); message !== undefined; message = this.#decoder.next()) {
        this.#reader.read(message, this.#out);
      }
      if (end) this.#end();
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

  #end(): void {
    this.#reader.end(this.#out);
    if (this.#decoder.cut) throw new GatewayError("upstream_invalid", "the provider's event stream was cut");
  }
}

const nothing = Buffer.alloc(0);
