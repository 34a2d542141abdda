import { type EdgeMessage, type EdgeMethod, grpcStatus } from "../edge.ts";
import type { FloodGuard } from "./flood-guard.ts";
import {
  type ConnectionError,
  connectionError,
  defaultWindowBytes,
  type ErrorCode,
  errorCode,
} from "./frame.ts";
import type { FrameWriter } from "./frame-writer.ts";
import type { HeldMemory } from "./held-memory.ts";
import { callBytes, type Http2Limits } from "./limits.ts";
import { MessageReader } from "./messages.ts";
import { Outbound } from "./outbound.ts";
import { parseContentLength, parseGrpcTimeout, type RequestHeaders } from "./request.ts";
import { failureBlock, httpErrorBlock, trailersOnlyBlock } from "./response.ts";
import type { SpareMemory } from "./spare-memory.ts";
import { Http2Stream, type StreamOwner } from "./stream.ts";
import { type Past, past, StreamTable } from "./stream-table.ts";

/** The service behind every connection of one edge. */
export interface Service {
  readonly methods: ReadonlyMap<string, EdgeMethod>;
  readonly maxMessageBytes: number;
  readonly limits: Http2Limits;
  readonly memory: HeldMemory;
  readonly spare: SpareMemory;
}

/** The calls of one connection, from their opening to the moment their service has heard of their end. */
export class Calls implements StreamOwner {
  readonly table = new StreamTable();
  readonly messages: MessageReader;
  readonly outbound: Outbound;
  readonly #service: Service;
  readonly #writer: FrameWriter;
  readonly #guard: FloodGuard;
  readonly #wake: () => void;
  /** Ended calls whose service has not been told yet: it is never told from inside its own `end`. */
  #ending: Http2Stream[] = [];
  /** The value of {@link heldBytes} reported last. */
  #toldBytes = 0;
  /** Streams beyond this number are refused, once the connection drains. */
  lastServedId = Number.POSITIVE_INFINITY;

  /** `wake` is called when something was sent, so that somebody flushes and calls {@link settle}. */
  constructor(service: Service, writer: FrameWriter, guard: FloodGuard, wake: () => void) {
    this.#service = service;
    this.#writer = writer;
    this.#guard = guard;
    this.#wake = wake;
    this.messages = new MessageReader(service.maxMessageBytes, service.limits, service.spare);
    this.outbound = new Outbound(writer, guard, defaultWindowBytes, (stream) => this.#finished(stream));
  }

  /** Memory these calls hold: their own, and that of what is not yet whole or not yet sent. */
  get heldBytes(): number {
    return this.table.size * callBytes + this.messages.incompleteBytes + this.outbound.queuedBytes;
  }

  /** True if a stream number used for the first time would be refused, whatever its request. */
  refuses(id: number): boolean {
    return id > this.lastServedId || this.table.size >= this.#service.limits.streams;
  }

  /** Opens a call for the request on a stream number used for the first time that {@link refuses} lets pass, or answers why not. */
  open(
    id: number,
    headers: RequestHeaders,
    endStream: boolean,
    sendWindow: number,
  ): ConnectionError | undefined {
    const contentLength = parseContentLength(headers.contentLength);
    if (!headers.tooLarge && (!headers.isValidRequest() || contentLength === undefined))
      return this.refuse(id, errorCode.protocolError);
    if (endStream && (contentLength ?? -1) > 0) return this.refuse(id, errorCode.protocolError);
    const answer = this.#localAnswer(headers);
    const method = this.#service.methods.get(headers.path);
    if (answer !== undefined || method === undefined) {
      this.#writer.headers(id, answer ?? unknownMethod, true);
      this.#leave(id, endStream);
      if (!headers.tooLarge) return undefined;
      this.#guard.strained = true;
      return this.#guard.uselessStream();
    }
    const stream = new Http2Stream(id, this, sendWindow);
    stream.remoteClosed = endStream;
    stream.contentLeft = contentLength ?? -1;
    this.table.add(stream);
    this.messages.expect(stream);
    if (this.messages.silentCalls > this.#service.limits.silentCalls) this.#guard.strained = true;
    if (headers.grpcTimeout !== undefined) stream.startDeadline(parseGrpcTimeout(headers.grpcTimeout) ?? 0);
    stream.handler = method.open(stream, (name) => headers.get(name));
    if (endStream && !stream.ended) stream.handler.halfClosed();
    return undefined;
  }

  send(stream: Http2Stream, message: EdgeMessage): void {
    this.outbound.send(stream, message);
    this.#wake();
  }

  finish(stream: Http2Stream, trailers: Buffer): void {
    this.messages.forget(stream);
    this.outbound.finish(stream, trailers);
    this.#wake();
  }

  /** Half of the window at a time; nothing while the service cannot take more. */
  returnWindow(stream: Http2Stream): void {
    if (stream.remoteClosed || stream.paused) return;
    if (stream.unreturnedBytes < this.#service.limits.streamWindowBytes / 2) return;
    this.#writer.windowUpdate(stream.id, stream.unreturnedBytes);
    stream.unreturnedBytes = 0;
    this.#wake();
  }

  /** The client has sent all of this stream. */
  halfClose(stream: Http2Stream): ConnectionError | undefined {
    stream.remoteClosed = true;
    if (stream.contentLeft > 0) return this.reset(stream, errorCode.protocolError);
    if (stream.partial !== undefined) stream.fail(grpcStatus.internal, "the call ended inside a message");
    else if (!stream.ended) stream.handler.halfClosed();
    return undefined;
  }

  /** The client has reset this stream. */
  cancelled(stream: Http2Stream): ConnectionError | undefined {
    this.#drop(stream, past.closed);
    return stream.answered ? undefined : this.#guard.uselessStream();
  }

  /** Resets a stream because of the client's mistake. */
  reset(stream: Http2Stream, code: ErrorCode): ConnectionError | undefined {
    this.#drop(stream, stream.remoteClosed ? past.closed : past.left);
    this.#writer.rstStream(stream.id, code);
    return this.#guard.uselessStream();
  }

  /** Resets a stream that is not open, or will not be. */
  refuse(id: number, code: ErrorCode): ConnectionError | undefined {
    this.table.close(id, past.left);
    this.#writer.rstStream(id, code);
    return this.#guard.uselessStream();
  }

  /** The connection is gone, and every call with it. */
  dropAll(): void {
    for (const stream of [...this.table.values()]) this.#drop(stream, past.closed);
  }

  /** Calls are over whose services have not heard of it. */
  get hasUntold(): boolean {
    return this.#ending.length > 0;
  }

  /** Tells services of every call that is over, at once. */
  settleAll(): void {
    while (this.hasUntold) this.settle();
  }

  /**
   * Tells services of the calls that are over, of many by and by, and the edge of the memory held. Call when no handler is on the
   * stack. Returns an error when answers pile up.
   */
  settle(): ConnectionError | undefined {
    this.#tellEnds();
    this.#tellHeld();
    const limit = Math.max(this.#service.limits.queuedBytes, this.#service.maxMessageBytes);
    return this.outbound.queuedBytes > limit
      ? connectionError(errorCode.enhanceYourCalm, "answers are not read")
      : undefined;
  }

  /** As many as one turn allows: a connection that is lost may leave thousands. */
  #tellEnds(): void {
    for (let left = this.#service.limits.turnWork; left > 0 && this.#ending.length > 0; ) {
      const ending = this.#ending;
      this.#ending = ending.length > left ? ending.splice(left) : [];
      for (const stream of ending) stream.close();
      left -= ending.length;
    }
    if (this.hasUntold) this.#wake();
  }

  #tellHeld(): void {
    const bytes = this.heldBytes;
    const change = bytes - this.#toldBytes;
    if (change === 0) return;
    this.#toldBytes = bytes;
    this.#service.memory.add(change);
  }

  /** The answer to a request that no method is asked about; undefined when it is well. */
  #localAnswer(headers: RequestHeaders): Buffer | undefined {
    if (headers.tooLarge) return headersTooLarge;
    if (headers.method !== "POST") return methodNotAllowed;
    if (!/^application\/grpc($|[+;])/.test(headers.contentType)) return unsupportedMediaType;
    const timeout = headers.grpcTimeout;
    if (timeout !== undefined && parseGrpcTimeout(timeout) === undefined) return badTimeout;
    return undefined;
  }

  #finished(stream: Http2Stream): void {
    this.#release(stream);
    this.#leave(stream.id, stream.remoteClosed);
  }

  /** After our last frame on a stream: a client that is not done yet is told that it may be (RFC 9113 §8.1). */
  #leave(id: number, remoteClosed: boolean): void {
    this.table.close(id, remoteClosed ? past.closed : past.left);
    this.#guard.callEnded();
    if (!remoteClosed) this.#writer.rstStream(id, errorCode.noError);
  }

  #drop(stream: Http2Stream, how: Past): void {
    stream.ended = true;
    this.outbound.forget(stream);
    this.#release(stream);
    this.table.close(stream.id, how);
  }

  /** Gives up all a stream holds; its service will hear of it. */
  #release(stream: Http2Stream): void {
    this.messages.forget(stream);
    if (stream.deadline !== undefined) clearTimeout(stream.deadline);
    this.#ending.push(stream);
  }
}

const unknownMethod = trailersOnlyBlock(failureBlock(grpcStatus.unimplemented, "unknown method"));
const headersTooLarge = trailersOnlyBlock(failureBlock(grpcStatus.resourceExhausted, "headers too large"));
const badTimeout = trailersOnlyBlock(failureBlock(grpcStatus.internal, "malformed grpc-timeout"));
const methodNotAllowed = httpErrorBlock(405);
const unsupportedMediaType = httpErrorBlock(415);
