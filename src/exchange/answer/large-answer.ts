import { GatewayError } from "../../core/errors.ts";
import type { MaybePromise } from "../../core/maybe-promise.ts";
import { allocateShared, largeBytesMin } from "../../core/shared-bytes.ts";
import { gatewayError } from "../../core/worker-pool.ts";
import type { ResponseContext, ResponseSeen, ResponseTransform } from "../../dialect/dialect.ts";
import { filterPieces } from "../../dialect/filter/filter-pieces.ts";
import { TextBlocked } from "../../dialect/filter/text-stage.ts";
import { bytesOf } from "../../dialect/offload/codecs.ts";
import type { ReadAnswer } from "../../dialect/offload/order.ts";
import { isServerSentEvents } from "../../dialect/sniffed-response.ts";
import { wholeAnswerBytesMax } from "../../dialect/whole-response.ts";

/** The state of reading a large answer. */
interface Reading {
  /** The provider's own bytes go to the client, as they come. */
  readonly passes: boolean;
  /** Changes its texts before it goes to the client. */
  readonly filter?: ResponseContext["filter"];
  readonly onText: ResponseContext["onText"];
  /** Is told first of all output, in UTF-8, where the provider has not said how much it is. */
  readonly onLarge: (output: Uint8Array | undefined) => MaybePromise<void>;
  /** A stream was asked for, and may come under any content type. */
  readonly mayStream: boolean;
  /** Has the answer read by a worker. */
  readonly read: (pieces: readonly Buffer[]) => Promise<ReadAnswer>;
}

/**
 * A whole answer on its way to the client, read at its end: a small one here, a large one by a worker. It is kept meanwhile in memory that
 * both threads can read.
 */
export class LargeAnswer {
  readonly #inner: ResponseTransform;
  readonly #reading: Reading;
  #pieces: Buffer[] = [];
  #length = 0;
  #seen: ResponseSeen | undefined;
  #unread = false;
  /** The first bytes, while they do not tell how the answer is framed; undefined once they do. */
  #first: Buffer | undefined;
  #streams = false;

  constructor(inner: ResponseTransform, reading: Reading) {
    this.#inner = inner;
    this.#reading = reading;
    this.#first = reading.mayStream ? nothing : undefined;
  }

  get seen(): ResponseSeen {
    return this.#seen ?? this.#inner.seen;
  }

  push(chunk: Buffer, end: boolean): MaybePromise<Buffer> {
    if (this.#first === undefined) return this.#push(chunk, end);
    const bytes = Buffer.concat([this.#first, chunk]);
    const streams = isServerSentEvents(bytes, end);
    this.#first = streams === undefined ? bytes : undefined;
    this.#streams = streams === true;
    return streams === undefined ? nothing : this.#push(bytes, end);
  }

  breakOff(error: GatewayError): Buffer {
    return this.#inner.breakOff(error);
  }

  #push(chunk: Buffer, end: boolean): MaybePromise<Buffer> {
    if (this.#streams) return this.#inner.push(chunk, end);
    this.#length += chunk.length;
    if (this.#length > wholeAnswerBytesMax) return this.#passUnread(chunk, end);
    if (end && this.#pieces.length === 0 && this.#length < largeBytesMin)
      return this.#inner.push(chunk, true);
    if (chunk.length > 0) this.#pieces.push(chunk);
    if (!end) {
      this.#share();
      return this.#reading.passes ? chunk : nothing;
    }
    if (this.#length >= largeBytesMin) return this.#readLarge(chunk);
    const out = this.#inner.push(Buffer.concat(this.#pieces.splice(0)), true);
    return this.#reading.passes ? chunk : out;
  }

  /** More than is ever read: what was kept is shown to the inner reader once, which counts its bytes, keeps none, and says what comes of that. */
  #passUnread(chunk: Buffer, end: boolean): Buffer {
    if (!this.#unread) for (const piece of this.#pieces.splice(0)) this.#inner.push(piece, false);
    this.#unread = true;
    const out = this.#inner.push(chunk, end);
    return this.#reading.passes ? chunk : out;
  }

  /** Moves what was kept where other threads can read it, once there is so much that one will. */
  #share(): void {
    if (this.#length < largeBytesMin) return;
    if (this.#pieces.every(({ buffer }) => buffer instanceof SharedArrayBuffer)) return;
    const unshared = this.#pieces.filter(({ buffer }) => !(buffer instanceof SharedArrayBuffer));
    this.#pieces = this.#pieces.map((piece) => (unshared.includes(piece) ? shared(piece) : piece));
  }

  async #readLarge(chunk: Buffer): Promise<Buffer> {
    this.#share();
    try {
      const { body, seen, pieces, output, texts } = await this.#reading.read(this.#pieces.splice(0));
      const error = seen.error === undefined ? undefined : gatewayError(seen.error);
      this.#seen = { ...seen, error };
      await this.#reading.onLarge(output);
      for (const { text, kind, choice } of pieces) this.#reading.onText(text, kind, choice);
      if (this.#reading.passes) return chunk;
      if (body === undefined || seen.unreadable) return nothing;
      const whole = bytesOf(body);
      const { filter } = this.#reading;
      return filter === undefined || texts === undefined ? whole : await filterPieces(whole, texts, filter);
    } catch (error) {
      const failure = GatewayError.from(error);
      // The answer was generated. One that passes can do so unread, charged at its hold; one that must be translated cannot.
      this.#seen =
        this.#reading.passes && failure.code === "capacity"
          ? { ...this.#inner.seen, complete: true, unread: true }
          : { ...this.#inner.seen, ...unreadable, blocked: error instanceof TextBlocked, error: failure };
      return this.#reading.passes ? chunk : nothing;
    }
  }
}

function shared(piece: Buffer): Buffer {
  const bytes = allocateShared(piece.length);
  piece.copy(bytes);
  return bytes;
}

const unreadable = { complete: false, unreadable: true } as const;
const nothing = Buffer.alloc(0);
