import { GatewayError } from "../core/errors.ts";
import { allocateBytes } from "../core/shared-bytes.ts";
import { type EdgeHandler, type EdgeMessage, type EdgeStream, grpcStatus } from "../edge/edge.ts";
import { decodeProcessingRequest } from "./codec/processing-request.ts";
import { MessageOrder } from "./message-order.ts";
import type { Role, RoleLine } from "./role.ts";

/** Bytes of messages that may wait while a reply is being made; Envoy's own windows stay below. */
const waitingBytesMax = 67_108_864;

/** One ext_proc stream, start to end: replies in the order of the messages; what is known at once is answered at once. */
export class RoleStream implements EdgeHandler, RoleLine {
  readonly #stream: EdgeStream;
  readonly #role: Role;
  readonly #onBug: (error: unknown) => void;
  readonly #waiting: Buffer[] = [];
  readonly #order: MessageOrder;
  #waitingBytes = 0;
  #busy = false;
  #paused = false;
  #halfClosed = false;
  #over = false;
  #left = false;

  constructor(stream: EdgeStream, role: Role, onBug: (error: unknown) => void) {
    this.#stream = stream;
    this.#role = role;
    this.#order = new MessageOrder(role.mayBeginWithResponse ?? false);
    this.#onBug = onBug;
    role.attach?.(this);
  }

  send(reply: EdgeMessage): void {
    if (!this.#over) this.#stream.send(reply);
  }

  finish(reply: EdgeMessage): void {
    if (this.#over) return;
    this.#over = true;
    this.#stream.send(reply);
    this.#stream.end();
  }

  message(message: Buffer): void {
    if (this.#over) return;
    const bytes = keptBytes(message);
    if (!this.#busy) {
      this.#answer(bytes);
      return;
    }
    this.#waitingBytes += bytes.length;
    if (this.#waitingBytes > waitingBytesMax) {
      this.#over = true;
      this.#stream.fail(grpcStatus.resourceExhausted, "too many bytes wait for a reply");
      return;
    }
    this.#waiting.push(bytes);
    // More would only wait here, and keep other streams' messages from coming. A role that looks ahead may need it to make its reply.
    if (this.#role.ahead !== undefined) this.#showAhead(bytes);
    else if (!this.#paused) {
      this.#paused = true;
      this.#stream.pause();
    }
  }

  halfClosed(): void {
    this.#halfClosed = true;
    // Envoy stops asking while a reply is owed only when nobody waits for it any more, and resets the stream a second later.
    if (this.#busy) this.#leave();
    this.#endIfDone();
  }

  closed(): void {
    this.#over = true;
    this.#waiting.length = 0;
    this.#leave();
  }

  /** Tells the role, once, that no more will come. */
  #leave(): void {
    if (this.#left) return;
    this.#left = true;
    this.#role.closed();
  }

  #answer(bytes: Buffer): void {
    try {
      const message = decodeProcessingRequest(bytes);
      const fault = this.#order.fault(message);
      if (fault !== undefined) {
        this.#breakOff(fault);
        return;
      }
      const reply = this.#role.on(message);
      if (!(reply instanceof Promise)) {
        this.#send(reply);
        if (this.#role.done) this.#endIfDone();
        return;
      }
      this.#busy = true;
      reply.then(
        (late) => this.#resume(late),
        (error) => this.#fail(error),
      );
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A peer that breaks the protocol is told so and gets no more: what it has opened ends like any stream that is closed. */
  #breakOff(fault: string): void {
    this.#over = true;
    this.#waiting.length = 0;
    this.#stream.fail(grpcStatus.invalidArgument, fault);
    this.#leave();
  }

  #showAhead(bytes: Buffer): void {
    try {
      this.#role.ahead?.(decodeProcessingRequest(bytes));
    } catch (error) {
      this.#fail(error);
    }
  }

  #resume(reply: EdgeMessage | undefined): void {
    if (this.#over) return;
    this.#send(reply);
    this.#busy = false;
    while (!this.#busy && !this.#over) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#waitingBytes -= next.length;
      this.#answer(next);
    }
    this.#letMoreCome();
    this.#endIfDone();
  }

  #letMoreCome(): void {
    if (!this.#paused || this.#waiting.length > 0) return;
    this.#paused = false;
    this.#stream.resume();
  }

  #send(reply: EdgeMessage | undefined): void {
    if (reply === undefined) return;
    if (this.#role.last) this.finish(reply);
    else this.#stream.send(reply);
  }

  #endIfDone(): void {
    if (this.#busy || this.#over || !(this.#halfClosed || this.#role.done)) return;
    this.#over = true;
    this.#stream.end();
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    this.#over = true;
    if (!(error instanceof GatewayError)) this.#onBug(error);
    this.#stream.send(this.#role.fail(GatewayError.from(error)));
    this.#stream.end();
  }
}

/**
 * The edge's bytes are valid only during the call, and roles keep views of theirs: of headers for as long as the exchange lasts. Large
 * messages come in memory that is ours.
 */
function keptBytes(message: Buffer): Buffer {
  if (message.buffer instanceof SharedArrayBuffer) return message;
  const bytes = allocateBytes(message.length);
  message.copy(bytes);
  return bytes;
}
