import type { Socket } from "node:net";
import { Calls, type Service } from "./calls.ts";
import { FloodGuard } from "./flood-guard.ts";
import { type ConnectionError, connectionError, defaultWindowBytes, errorCode } from "./frame.ts";
import { FrameReader } from "./frame-reader.ts";
import { FrameWriter } from "./frame-writer.ts";
import type { MemoryHolder } from "./held-memory.ts";
import { Inbound } from "./inbound.ts";
import type { Http2Limits } from "./limits.ts";
import { readBufferBytes } from "./own-reads.ts";

/** Bytes that a connection still reads and discards after its end, so that the client can see our last frames. */
const lingerBytes = 256 << 10;

/** The payload of our PINGs. */
const pingPayload = Buffer.from("tollgate", "latin1");

/** Progress towards the end of a connection. */
type Phase = "open" | "noticed" | "draining" | "ended";

/** One client's connection: moves bytes between its socket and its calls, and watches the clock over both. */
export class Connection implements MemoryHolder {
  readonly #socket: Socket;
  readonly #limits: Http2Limits;
  readonly #guard: FloodGuard;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #calls: Calls;
  readonly #inbound: Inbound;
  #phase: Phase = "open";
  /** A read event is being handled: what is sent goes out at its end. */
  #reading = false;
  #flushScheduled = false;
  /** Other connections have their turn; nothing is read meanwhile. */
  #waiting = false;
  /** Bytes received that wait for our next turn. */
  #unread: Buffer | undefined;
  /** The last read was as long as reads get: what comes next is still the same turn. */
  #filledRead = false;
  #lingerLeft = lingerBytes;
  /** Ticks since the connection, its last byte, the socket's last progress, and its end. */
  #ageTicks = 0;
  #silentTicks = 0;
  #stalledTicks = 0;
  #endedTicks = 0;

  /** Takes the socket over; it is destroyed when the connection is over. */
  constructor(socket: Socket, service: Service) {
    this.#socket = socket;
    this.#limits = service.limits;
    this.#guard = new FloodGuard(service.limits);
    this.#writer = new FrameWriter(socket);
    this.#calls = new Calls(service, this.#writer, this.#guard, () => this.#flushSoon());
    this.#inbound = new Inbound(this.#calls, this.#writer, this.#guard, service.limits);
    this.#reader = new FrameReader(this.#inbound);
    socket.on("drain", () => this.#drained());
    // Every error is followed by `close`, which is where calls are told.
    socket.on("error", () => undefined);
    socket.on("close", () => this.#closed());
    // Goes out with the answer to the client's own preface, which does not wait for ours: a silent connection costs no write.
    this.#writer.preface(service.limits, defaultWindowBytes);
  }

  /** Takes what the socket brings; the bytes are valid only during the call. */
  read(chunk: Buffer): void {
    if (this.#phase === "ended") {
      this.#linger(chunk);
      return;
    }
    this.#silentTicks = 0;
    if (!this.#filledRead) this.#reader.workLeft = this.#limits.turnWork;
    this.#filledRead = chunk.length >= readBufferBytes;
    this.#work(chunk);
    // Bytes that wait for their turn must outlast this call.
    if (this.#unread !== undefined) this.#unread = Buffer.from(this.#unread);
  }

  /** True if the client has spoken HTTP/2 so far. */
  get established(): boolean {
    return this.#inbound.settled;
  }

  get heldBytes(): number {
    return this.#calls.heldBytes;
  }

  evict(): void {
    this.#fail(connectionError(errorCode.enhanceYourCalm, "holds too much memory"));
  }

  /** Takes no new call, and ends once the open ones have ended. */
  drain(): void {
    if (this.#phase !== "open") return;
    if (this.#inbound.settled) {
      this.#phase = "noticed";
      this.#inbound.pingAnswered = false;
      this.#writer.goawayNotice();
      this.#writer.ping(0, pingPayload, 0);
      this.#settle();
    } else this.#end();
  }

  /** Ends at once; every call has been told when this returns. */
  destroy(): void {
    this.#socket.destroy();
    this.#closed();
    this.#calls.settleAll();
  }

  /** Looks at every limit that is a time; called once per {@link Http2Limits.tickMs}. */
  tick(): void {
    if (this.#phase === "ended") {
      if (++this.#endedTicks > 1) this.destroy();
      return;
    }
    this.#ageTicks += 1;
    this.#silentTicks += 1;
    this.#stalledTicks = this.#writer.stalled ? this.#stalledTicks + 1 : 0;
    if (this.#isDead()) {
      this.destroy();
      return;
    }
    const error = this.#overdue() ?? this.#resetOverdue();
    if (error !== undefined) {
      this.#fail(error);
      return;
    }
    if (this.#silentTicks === this.#ticks(this.#limits.keepaliveIntervalMs))
      this.#writer.ping(0, pingPayload, 0);
    // A client that does not answer the PING of a drain is not waited for any longer.
    if (this.#phase === "noticed") this.#inbound.pingAnswered = true;
    this.#settle();
  }

  /** True if the client does not read, or has been silent for too long. */
  #isDead(): boolean {
    const silenceMs = this.#limits.keepaliveIntervalMs + this.#limits.keepaliveTimeoutMs;
    return (
      this.#stalledTicks > this.#ticks(this.#limits.writeStallTimeoutMs) ||
      this.#silentTicks > this.#ticks(silenceMs)
    );
  }

  /** The error for something that the client began and did not finish in time. */
  #overdue(): ConnectionError | undefined {
    if (!this.#inbound.settled && this.#ageTicks > this.#ticks(this.#limits.handshakeTimeoutMs))
      return connectionError(errorCode.protocolError, "no SETTINGS in time");
    const block = this.#inbound.headerBlock;
    if (block !== undefined && ++block.ageTicks > this.#ticks(this.#limits.headerBlockTimeoutMs))
      return connectionError(errorCode.enhanceYourCalm, "header block not finished in time");
    return undefined;
  }

  #resetOverdue(): ConnectionError | undefined {
    let error: ConnectionError | undefined;
    for (const stream of this.#calls.messages.overdue(this.#ticks(this.#limits.messageTimeoutMs)))
      error ??= this.#calls.reset(stream, errorCode.cancel);
    return error;
  }

  /** Handles as much as one turn allows. */
  #work(chunk: Buffer): void {
    this.#reading = true;
    const stopped = this.#reader.read(chunk);
    if (typeof stopped === "number") this.#settle();
    else this.#fail(stopped);
    this.#reading = false;
    if (this.#calls.hasUntold) this.#flushSoon();
    if (this.#phase === "ended" || typeof stopped !== "number") return;
    if (stopped < chunk.length) this.#unread = chunk.subarray(stopped);
    if (this.#guard.strained || this.#reader.workLeft <= 0) this.#letOthersWork();
  }

  /** Others are served meanwhile, however fast this client talks; one that wastes our time waits longer. */
  #letOthersWork(): void {
    this.#waiting = true;
    this.#socket.pause();
    if (this.#guard.strained) setTimeout(() => this.#nextTurn(), this.#limits.restMs);
    else setImmediate(() => this.#nextTurn());
    this.#guard.strained = false;
  }

  #nextTurn(): void {
    this.#waiting = false;
    if (this.#phase === "ended") return;
    this.#reader.workLeft = this.#limits.turnWork;
    const unread = this.#unread;
    this.#unread = undefined;
    if (unread !== undefined) this.#work(unread);
    this.#resumeReading();
  }

  #resumeReading(): void {
    if (!this.#waiting && !this.#writer.stalled) this.#socket.resume();
  }

  /** Everything that follows a change: services hear of ends, the client gets what was built, a drained connection ends. */
  #settle(): void {
    const error = this.#calls.settle();
    if (error !== undefined) {
      this.#fail(error);
      return;
    }
    if (this.#phase === "ended") return;
    this.#inbound.returnWindow();
    this.#writer.flush();
    if (this.#writer.stalled) this.#socket.pause();
    if (this.#phase === "noticed" && this.#inbound.pingAnswered) {
      this.#phase = "draining";
      this.#calls.lastServedId = this.#calls.table.lastId;
      this.#writer.goaway(this.#calls.lastServedId, errorCode.noError, "draining");
      this.#writer.flush();
    }
    if (this.#phase === "draining" && this.#calls.table.size === 0) this.#end();
  }

  /** Frames sent outside a read event leave together at the end of the current turn of the event loop. */
  #flushSoon(): void {
    if (this.#reading || this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      if (this.#phase === "ended") this.#calls.settle();
      else this.#settle();
    });
  }

  /** The socket takes bytes again: first what waits, then new frames. */
  #drained(): void {
    if (this.#phase === "ended") return;
    this.#stalledTicks = 0;
    this.#calls.outbound.resume();
    this.#settle();
    this.#resumeReading();
  }

  #fail(error: ConnectionError): void {
    if (this.#phase === "ended") return;
    this.#writer.goaway(this.#calls.table.lastId, error.code, error.reason);
    this.#end();
  }

  #end(): void {
    this.#phase = "ended";
    this.#writer.flush();
    this.#unread = undefined;
    this.#socket.end();
    this.#socket.resume();
    this.#closed();
  }

  #linger(chunk: Buffer): void {
    this.#lingerLeft -= chunk.length;
    if (this.#lingerLeft <= 0) this.destroy();
  }

  #closed(): void {
    this.#phase = "ended";
    this.#unread = undefined;
    this.#calls.dropAll();
    this.#calls.settle();
  }

  #ticks(ms: number): number {
    return Math.ceil(ms / this.#limits.tickMs);
  }
}
