import type { EdgeMessage } from "../edge.ts";
import type { FloodGuard } from "./flood-guard.ts";
import { frameBytesMax, windowBytesMax, writeUint32 } from "./frame.ts";
import { type FrameWriter, messagePrefixBytes } from "./frame-writer.ts";
import { responseBlock, trailersOnlyBlock } from "./response.ts";
import type { Http2Stream, SendQueue } from "./stream.ts";

/** Sends messages as far as the client's windows and the socket allow, and keeps what they do not allow yet. */
export class Outbound {
  readonly #writer: FrameWriter;
  readonly #guard: FloodGuard;
  readonly #finished: (stream: Http2Stream) => void;
  /** Streams that could send if the connection's window and the socket let them, the one that waits longest first. */
  readonly #ready = new Set<Http2Stream>();
  #window: number;
  /** Memory of all that waits to be sent, over all streams. */
  queuedBytes = 0;

  /** `finished` is told of each stream whose trailers are written. */
  constructor(
    writer: FrameWriter,
    guard: FloodGuard,
    windowBytes: number,
    finished: (stream: Http2Stream) => void,
  ) {
    this.#writer = writer;
    this.#guard = guard;
    this.#window = windowBytes;
    this.#finished = finished;
  }

  send(stream: Http2Stream, message: EdgeMessage): void {
    if (!stream.answered) {
      stream.answered = true;
      this.#writer.headers(stream.id, responseBlock, false);
    }
    if (!(message instanceof Uint8Array)) {
      this.#enqueue(stream, message);
      return;
    }
    const length = messagePrefixBytes + message.length;
    const fits = length <= stream.sendWindow && length <= this.#window && length <= frameBytesMax;
    if (!fits || stream.queue !== undefined || this.#writer.stalled) {
      this.#enqueue(stream, [message]);
      return;
    }
    stream.sendWindow -= length;
    this.#window -= length;
    this.#guard.dataFramesSent += 1;
    this.#writer.message(stream.id, message);
  }

  /** Sends the trailers, after what waits. */
  finish(stream: Http2Stream, trailers: Buffer): void {
    if (stream.queue !== undefined) {
      stream.trailers = trailers;
      return;
    }
    const block = stream.answered ? trailers : trailersOnlyBlock(trailers);
    stream.answered = true;
    this.#writer.headers(stream.id, block, true);
    this.#finished(stream);
  }

  /** Drops what waits of a stream that is gone. */
  forget(stream: Http2Stream): void {
    if (stream.queue === undefined) return;
    for (const chunk of stream.queue.chunks.slice(stream.queue.first)) this.queuedBytes -= costOf(chunk);
    stream.queue = undefined;
    this.#ready.delete(stream);
  }

  /** Widens the connection's window; false when that makes it larger than a window can be. */
  widen(bytes: number): boolean {
    this.#window += bytes;
    if (this.#window > windowBytesMax) return false;
    this.resume();
    return true;
  }

  /** Widens or narrows a stream's window; false when that makes it larger than a window can be. */
  widenStream(stream: Http2Stream, bytes: number): boolean {
    stream.sendWindow += bytes;
    if (stream.sendWindow > windowBytesMax) return false;
    if (stream.queue !== undefined && stream.sendWindow > 0) {
      this.#ready.add(stream);
      this.resume();
    }
    return true;
  }

  /** Sends what may be sent, a frame of each stream in turn. */
  resume(): void {
    for (const stream of this.#ready) {
      if (this.#window <= 0 || this.#writer.stalled) return;
      // Deleted and added again, a stream comes up once more at the end of this same iteration.
      this.#ready.delete(stream);
      if (stream.sendWindow <= 0) continue;
      this.#sendFrame(stream);
      if (stream.queue !== undefined && stream.sendWindow > 0) this.#ready.add(stream);
    }
  }

  #enqueue(stream: Http2Stream, parts: readonly Uint8Array[]): void {
    const prefix = Buffer.alloc(messagePrefixBytes);
    writeUint32(
      prefix,
      1,
      parts.reduce((sum, part) => sum + part.length, 0),
    );
    stream.queue ??= { chunks: [], first: 0, firstOffset: 0, bytes: 0 };
    this.#push(stream.queue, prefix);
    for (const part of parts) if (part.length > 0) this.#push(stream.queue, part);
    if (stream.sendWindow <= 0) return;
    this.#ready.add(stream);
    this.resume();
  }

  #push(queue: SendQueue, chunk: Uint8Array): void {
    queue.chunks.push(chunk);
    queue.bytes += chunk.length;
    this.queuedBytes += costOf(chunk);
  }

  /** Sends one frame of what waits, as long as the windows allow. */
  #sendFrame(stream: Http2Stream): void {
    const queue = stream.queue;
    if (queue === undefined) return;
    const length = Math.min(queue.bytes, stream.sendWindow, this.#window, frameBytesMax);
    this.#fill(queue, this.#writer.data(stream.id, length));
    queue.bytes -= length;
    stream.sendWindow -= length;
    this.#window -= length;
    if (queue.bytes === 0 || length === frameBytesMax) this.#guard.dataFramesSent += 1;
    if (queue.bytes > 0) return;
    stream.queue = undefined;
    if (stream.trailers !== undefined) this.finish(stream, stream.trailers);
  }

  /** Moves as many bytes as `target` takes out of the queue. */
  #fill(queue: SendQueue, target: Uint8Array): void {
    for (let filled = 0; filled < target.length; ) {
      const chunk = queue.chunks[queue.first] ?? target;
      const end = Math.min(chunk.length, queue.firstOffset + target.length - filled);
      target.set(chunk.subarray(queue.firstOffset, end), filled);
      filled += end - queue.firstOffset;
      queue.firstOffset = end;
      if (end < chunk.length) break;
      this.queuedBytes -= costOf(chunk);
      queue.first += 1;
      queue.firstOffset = 0;
    }
    if (queue.first < compactAfterChunks) return;
    queue.chunks = queue.chunks.slice(queue.first);
    queue.first = 0;
  }
}

/** Sent chunks are let go of in batches: taking each from the front would move all the others. */
const compactAfterChunks = 1_024;

/** Memory of a chunk beyond its bytes, so that many small ones count in full. */
const chunkOverheadBytes = 128;

function costOf(chunk: Uint8Array): number {
  return chunk.length + chunkOverheadBytes;
}
