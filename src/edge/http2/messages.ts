import { allocateShared, largeBytesMin } from "../../core/shared-bytes.ts";
import { type GrpcStatus, grpcStatus } from "../edge.ts";
import { readUint32 } from "./frame.ts";
import { messagePrefixBytes } from "./frame-writer.ts";
import type { Http2Limits } from "./limits.ts";
import type { PartialMessage } from "./partial-message.ts";
import type { SpareMemory } from "./spare-memory.ts";
import type { Http2Stream } from "./stream.ts";

/** The reason why a call cannot go on. */
export interface CallFailure {
  readonly status: GrpcStatus;
  readonly message: string;
}

/** As long as a connection's incomplete messages take at most this share of what they may, room is made at once for all that is announced. */
const eagerShare = 1 / 8;
/** Beyond, for so many times what there is: what only is announced costs little until it is sent. */
const growthFactor = 16;
const noContent = Buffer.alloc(0);

/**
 * Cuts the DATA of one connection's streams into gRPC messages. A message that lies whole in what the socket gave is passed on without a copy. A
 * large one is put together in memory that the service keeps: copying it once it is whole would hold the loop.
 */
export class MessageReader {
  /** Memory held by incomplete messages. */
  incompleteBytes = 0;
  /** Open calls of which no message has come. */
  silentCalls = 0;
  readonly #maxMessageBytes: number;
  readonly #maxIncompleteBytes: number;
  readonly #spare: SpareMemory;
  readonly #incomplete = new Set<Http2Stream>();

  constructor(maxMessageBytes: number, limits: Http2Limits, spare: SpareMemory) {
    this.#maxMessageBytes = maxMessageBytes;
    this.#maxIncompleteBytes = Math.max(limits.incompleteMessageBytes, maxMessageBytes);
    this.#spare = spare;
  }

  /** A call is open; {@link forget} ends what begins here. */
  expect(stream: Http2Stream): void {
    stream.silent = true;
    this.silentCalls += 1;
  }

  /** Delivers every message that is complete now. Stops when the service ends the call. */
  read(stream: Http2Stream, chunk: Buffer, start: number, end: number): CallFailure | undefined {
    let at = start;
    while (at < end && !stream.ended) {
      if (stream.partial !== undefined || end - at < messagePrefixBytes) {
        const next = this.#readPart(stream, chunk, at, end);
        if (typeof next !== "number") return next;
        at = next;
        continue;
      }
      const length = readUint32(chunk, at + 1);
      const failure = this.#check(chunk[at] ?? 0, length);
      if (failure !== undefined) return failure;
      const content = at + messagePrefixBytes;
      if (end - content < length) {
        const next = this.#readPart(stream, chunk, at, end);
        if (typeof next !== "number") return next;
        at = next;
      } else {
        at = content + length;
        this.#deliver(stream, chunk.subarray(content, at));
      }
    }
    return undefined;
  }

  /** Lets go of what a stream has left incomplete. */
  forget(stream: Http2Stream): void {
    this.#noteHeard(stream);
    const partial = this.#takeOff(stream);
    if (partial !== undefined) this.#giveBack(partial.content);
  }

  /** Ages every incomplete message by one tick, but for those that we keep from coming, and returns the streams whose message is too old. */
  overdue(maxTicks: number): readonly Http2Stream[] {
    const late: Http2Stream[] = [];
    for (const stream of this.#incomplete) {
      const partial = stream.partial;
      if (partial !== undefined && !stream.paused && ++partial.ageTicks > maxTicks) late.push(stream);
    }
    return late;
  }

  /** Adds bytes to the stream's incomplete message, and delivers it once it is complete. Returns where reading goes on. */
  #readPart(stream: Http2Stream, chunk: Buffer, start: number, end: number): number | CallFailure {
    stream.partial ??= this.#begin(stream);
    const partial = stream.partial;
    let at = start;
    while (at < end && partial.filled < messagePrefixBytes) readPrefix(partial, chunk[at++] ?? 0);
    if (partial.filled < messagePrefixBytes) return at;
    if (partial.filled === messagePrefixBytes && partial.content === noContent) {
      const failure = this.#check(partial.compression, partial.length);
      if (failure !== undefined) return failure;
    }
    const added = Math.min(end - at, partial.length - (partial.filled - messagePrefixBytes));
    this.#append(partial, chunk, at, at + added);
    if (partial.filled - messagePrefixBytes === partial.length) {
      this.#takeOff(stream);
      this.#deliver(stream, partial.content.subarray(0, partial.length));
      this.#giveBack(partial.content);
    } else if (this.incompleteBytes > this.#maxIncompleteBytes) return tooMuchIncomplete;
    return at + added;
  }

  #deliver(stream: Http2Stream, message: Buffer): void {
    this.#noteHeard(stream);
    stream.handler.message(message);
  }

  #noteHeard(stream: Http2Stream): void {
    if (!stream.silent) return;
    stream.silent = false;
    this.silentCalls -= 1;
  }

  #begin(stream: Http2Stream): PartialMessage {
    this.#incomplete.add(stream);
    return { filled: 0, compression: 0, length: 0, content: noContent, ageTicks: 0 };
  }

  #takeOff(stream: Http2Stream): PartialMessage | undefined {
    const { partial } = stream;
    if (partial === undefined) return undefined;
    this.incompleteBytes -= partial.content.length;
    this.#incomplete.delete(stream);
    stream.partial = undefined;
    return partial;
  }

  #append(partial: PartialMessage, chunk: Buffer, start: number, end: number): void {
    if (start === end) return;
    const filled = partial.filled - messagePrefixBytes;
    const needed = filled + end - start;
    if (partial.content.length < needed) {
      const isEager = this.incompleteBytes + partial.length <= this.#maxIncompleteBytes * eagerShare;
      const capacity = isEager ? partial.length : Math.min(partial.length, needed * growthFactor);
      const grown = capacity < largeBytesMin ? this.#spare.take(capacity) : allocateShared(capacity);
      partial.content.copy(grown, 0, 0, filled);
      this.incompleteBytes += grown.length - partial.content.length;
      this.#giveBack(partial.content);
      partial.content = grown;
    }
    chunk.copy(partial.content, filled, start, end);
    partial.filled += end - start;
  }

  /** Memory that is used again; what the service may keep is not. */
  #giveBack(memory: Buffer): void {
    if (memory.length < largeBytesMin) this.#spare.giveBack(memory);
  }

  #check(compression: number, length: number): CallFailure | undefined {
    if (compression === 1) return compressed;
    if (compression !== 0) return badPrefix;
    if (length <= this.#maxMessageBytes) return undefined;
    const message = `message of ${length} bytes, at most ${this.#maxMessageBytes} are taken`;
    return { status: grpcStatus.resourceExhausted, message };
  }
}

/** Byte by byte, as thousands of calls may have come no further. */
function readPrefix(partial: PartialMessage, byte: number): void {
  if (partial.filled === 0) partial.compression = byte;
  else partial.length = partial.length * 256 + byte;
  partial.filled += 1;
}

const compressed: CallFailure = {
  status: grpcStatus.unimplemented,
  message: "compressed messages are not taken",
};
const badPrefix: CallFailure = { status: grpcStatus.internal, message: "not a gRPC message" };
const tooMuchIncomplete: CallFailure = {
  status: grpcStatus.resourceExhausted,
  message: "too many incomplete messages on this connection",
};
