import { type EdgeHandler, type EdgeMessage, type EdgeStream, type GrpcStatus, grpcStatus } from "../edge.ts";
import type { PartialMessage } from "./partial-message.ts";
import { failureBlock, okTrailerBlock } from "./response.ts";

/** The connection, as a stream uses it. */
export interface StreamOwner {
  send(stream: Http2Stream, message: EdgeMessage): void;
  /** Sends the trailers once everything sent before is on its way. */
  finish(stream: Http2Stream, trailers: Buffer): void;
  /** Gives back the stream's window, if it is due. */
  returnWindow(stream: Http2Stream): void;
}

/** Bytes that wait for the client's windows or for the socket. */
export interface SendQueue {
  chunks: Uint8Array[];
  /** Index of the first chunk that is not wholly sent, and how much of it is. */
  first: number;
  firstOffset: number;
  /** Bytes not sent yet. */
  bytes: number;
}

/** One call: its state on the wire, which its connection keeps, and the service's side of it. */
export class Http2Stream implements EdgeStream {
  readonly id: number;
  readonly #owner: StreamOwner;
  /** Set once, as soon as the service has opened the call. */
  handler: EdgeHandler = unopened;
  /** The service has ended the call or the call is gone: neither side's messages count any more. */
  ended = false;
  /** The client will send no more. */
  remoteClosed = false;
  /** No message has come; kept by the message reader. */
  silent = false;
  /** Our HEADERS are sent. */
  answered = false;
  /** Bytes that the client lets us send on this stream; negative after it lowered its SETTINGS. */
  sendWindow: number;
  /** Received and not yet given back by WINDOW_UPDATE. */
  unreturnedBytes = 0;
  /** The service has more messages than it can handle now: the window is not given back. */
  paused = false;
  /** Bytes still expected by the client's `content-length`; -1 when it named none. */
  contentLeft = -1;
  queue: SendQueue | undefined;
  /** Trailers that wait for the queue. */
  trailers: Buffer | undefined;
  partial: PartialMessage | undefined;
  deadline: NodeJS.Timeout | undefined;

  constructor(id: number, owner: StreamOwner, sendWindow: number) {
    this.id = id;
    this.#owner = owner;
    this.sendWindow = sendWindow;
  }

  send(message: EdgeMessage): void {
    if (!this.ended) this.#owner.send(this, message);
  }

  end(): void {
    this.#finish(okTrailerBlock);
  }

  fail(status: GrpcStatus, message: string): void {
    if (!this.ended) this.#finish(failureBlock(status, message));
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (!this.ended) this.#owner.returnWindow(this);
  }

  /** Tells the service that the call is over, and lets go of it: a table of streams that was outgrown may keep this one for long. */
  close(): void {
    const { handler } = this;
    this.handler = unopened;
    handler.closed();
  }

  /** Ends the call `afterMs` from now unless it has ended before. */
  startDeadline(afterMs: number): void {
    this.deadline = setTimeout(expire, afterMs, this);
  }

  #finish(trailers: Buffer): void {
    if (this.ended) return;
    this.ended = true;
    this.#owner.finish(this, trailers);
  }
}

function expire(stream: Http2Stream): void {
  stream.fail(grpcStatus.deadlineExceeded, "deadline exceeded");
}

const unopened: EdgeHandler = { message() {}, halfClosed() {}, closed() {} };
