import type { Calls } from "./calls.ts";
import type { FloodGuard } from "./flood-guard.ts";
import { type ConnectionError, connectionError, errorCode, flag, frameType, readUint32 } from "./frame.ts";
import type { FrameSink } from "./frame-reader.ts";
import type { FrameWriter } from "./frame-writer.ts";
import { HeaderBlock } from "./header-block.ts";
import { type HeaderSink, HpackDecoder } from "./hpack-decoder.ts";
import type { Http2Limits } from "./limits.ts";
import { PeerSettings } from "./peer-settings.ts";
import { RequestHeaders } from "./request.ts";
import type { Http2Stream } from "./stream.ts";
import { past } from "./stream-table.ts";

/** Handles each frame of a client (RFC 9113 §6). */
export class Inbound implements FrameSink {
  /** The client's SETTINGS have come, which must be its first frame. */
  settled = false;
  /** A header block that is not whole yet. */
  headerBlock: HeaderBlock | undefined;
  /** The client has answered our last PING. */
  pingAnswered = false;
  readonly #calls: Calls;
  readonly #writer: FrameWriter;
  readonly #guard: FloodGuard;
  readonly #limits: Http2Limits;
  readonly #hpack = new HpackDecoder();
  readonly #peer = new PeerSettings();
  /** Received on the connection and not yet given back. */
  #unreturnedBytes = 0;
  /** Of the DATA frame being read: its number, whether it ends its stream, and the stream if that is open. */
  #dataId = 0;
  #dataEnds = false;
  #dataStream: Http2Stream | undefined;

  constructor(calls: Calls, writer: FrameWriter, guard: FloodGuard, limits: Http2Limits) {
    this.#calls = calls;
    this.#writer = writer;
    this.#guard = guard;
    this.#limits = limits;
  }

  dataBegin(
    id: number,
    flowBytes: number,
    contentBytes: number,
    endStream: boolean,
  ): ConnectionError | undefined {
    if (!this.settled) return settingsFirst;
    if (this.headerBlock !== undefined) return insideHeaderBlock;
    if (id === 0) return onNoStream;
    this.#dataId = id;
    this.#dataEnds = endStream;
    const stream = this.#calls.table.get(id);
    this.#dataStream = stream;
    const error = this.#receive(flowBytes);
    if (error !== undefined) return error;
    if (contentBytes === 0 && !endStream) {
      const flood = this.#guard.emptyFrame();
      if (flood !== undefined) return flood;
    }
    return stream === undefined
      ? this.#dataOnPast(id)
      : this.#dataOnOpen(stream, flowBytes, contentBytes, endStream);
  }

  dataPiece(chunk: Buffer, start: number, end: number): void {
    const stream = this.#dataStream;
    if (stream === undefined || stream.ended) return;
    const failure = this.#calls.messages.read(stream, chunk, start, end);
    if (failure !== undefined) stream.fail(failure.status, failure.message);
  }

  dataEnd(): ConnectionError | undefined {
    if (!this.#dataEnds) return undefined;
    const stream = this.#dataStream;
    // The stream may have been ended, and even be gone, since the frame began.
    if (stream !== undefined && this.#calls.table.get(stream.id) === stream)
      return this.#calls.halfClose(stream);
    this.#noteEnd(this.#dataId);
    return undefined;
  }

  frame(
    type: number,
    flags: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): ConnectionError | undefined {
    if (!this.settled && type !== frameType.settings) return settingsFirst;
    if (this.headerBlock !== undefined && type !== frameType.continuation) return insideHeaderBlock;
    switch (type) {
      case frameType.headers:
        return this.#headers(flags, id, bytes, start, end);
      case frameType.continuation:
        return this.#continuation(flags, id, bytes, start, end);
      case frameType.rstStream:
        return end - start === 4 ? this.#rstStream(id) : badLength;
      case frameType.windowUpdate:
        return end - start === 4 ? this.#windowUpdate(id, readUint32(bytes, start) & 0x7fff_ffff) : badLength;
      case frameType.settings:
        return this.#settings(flags, id, bytes, start, end);
      case frameType.ping:
        return this.#ping(flags, id, bytes, start, end);
      case frameType.priority:
        return this.#priority(id, bytes, start, end);
      case frameType.goaway:
        return id === 0 ? this.#guard.ignoredFrame() : onNoStream;
      case frameType.pushPromise:
        return connectionError(errorCode.protocolError, "PUSH_PROMISE from a client");
      default:
        return this.#guard.ignoredFrame();
    }
  }

  /** Gives the connection's window back, half of it at a time, unless the client leaves too many answers unread. */
  returnWindow(): void {
    if (this.#unreturnedBytes < this.#limits.connectionWindowBytes / 2) return;
    if (this.#calls.outbound.queuedBytes > this.#limits.queuedBytes / 8) return;
    this.#writer.windowUpdate(0, this.#unreturnedBytes);
    this.#unreturnedBytes = 0;
  }

  /** Counts received bytes against the connection's window. */
  #receive(flowBytes: number): ConnectionError | undefined {
    this.#unreturnedBytes += flowBytes;
    if (this.#unreturnedBytes > this.#limits.connectionWindowBytes)
      return connectionError(errorCode.flowControlError, "more DATA than the connection's window");
    this.returnWindow();
    return undefined;
  }

  #dataOnOpen(
    stream: Http2Stream,
    flowBytes: number,
    contentBytes: number,
    endStream: boolean,
  ): ConnectionError | undefined {
    if (stream.remoteClosed) return this.#resetData(stream, errorCode.streamClosed);
    stream.unreturnedBytes += flowBytes;
    if (stream.unreturnedBytes > this.#limits.streamWindowBytes)
      return this.#resetData(stream, errorCode.flowControlError);
    if (stream.contentLeft >= 0) {
      stream.contentLeft -= contentBytes;
      if (stream.contentLeft < 0) return this.#resetData(stream, errorCode.protocolError);
    }
    stream.remoteClosed = endStream;
    this.#calls.returnWindow(stream);
    return undefined;
  }

  #resetData(
    stream: Http2Stream,
    code: typeof errorCode.streamClosed | typeof errorCode.flowControlError | typeof errorCode.protocolError,
  ) {
    this.#dataStream = undefined;
    return this.#calls.reset(stream, code);
  }

  #dataOnPast(id: number): ConnectionError | undefined {
    if (this.#isIdle(id)) return onIdleStream;
    return this.#calls.table.pastOf(id) === past.left
      ? undefined
      : this.#calls.refuse(id, errorCode.streamClosed);
  }

  #headers(
    flags: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): ConnectionError | undefined {
    if (id === 0 || (id & 1) === 0) return onNoStream;
    let from = start;
    let to = end;
    if ((flags & flag.padded) !== 0) to -= bytes[from++] ?? 0;
    if ((flags & flag.priority) !== 0) {
      if (to - from >= 5 && (readUint32(bytes, from) & 0x7fff_ffff) === id) return dependsOnItself;
      from += 5;
    }
    if (to < from) return connectionError(errorCode.protocolError, "padding longer than its frame");
    const endStream = (flags & flag.endStream) !== 0;
    if ((flags & flag.endHeaders) !== 0) return this.#block(id, endStream, bytes, from, to);
    this.headerBlock = new HeaderBlock(id, endStream, this.#limits);
    return this.headerBlock.append(bytes, from, to);
  }

  #continuation(
    flags: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): ConnectionError | undefined {
    const block = this.headerBlock;
    if (block === undefined || block.streamId !== id)
      return connectionError(errorCode.protocolError, "CONTINUATION of nothing");
    const error = block.append(bytes, start, end);
    if (error !== undefined || (flags & flag.endHeaders) === 0) return error;
    this.headerBlock = undefined;
    const whole = block.join();
    return this.#block(id, block.endStream, whole, 0, whole.length);
  }

  /** A whole header block: a new call, or the trailers of one. */
  #block(
    id: number,
    endStream: boolean,
    bytes: Buffer,
    start: number,
    end: number,
  ): ConnectionError | undefined {
    if (id > this.#calls.table.lastId) return this.#request(id, endStream, bytes, start, end);
    const headers = new RequestHeaders(this.#limits.headerListBytes);
    if (!this.#hpack.decode(bytes, start, end, headers)) return brokenHeaderBlock;
    const stream = this.#calls.table.get(id);
    if (stream !== undefined) return this.#trailers(stream, headers, endStream);
    switch (this.#calls.table.pastOf(id)) {
      case past.left:
        if (endStream) this.#noteEnd(id);
        return undefined;
      case past.closed:
        return connectionError(errorCode.streamClosed, "HEADERS on a closed stream");
      default:
        return connectionError(errorCode.protocolError, "stream numbers must grow");
    }
  }

  #request(
    id: number,
    endStream: boolean,
    bytes: Buffer,
    start: number,
    end: number,
  ): ConnectionError | undefined {
    this.#calls.table.use(id);
    if (this.#calls.refuses(id)) {
      if (!this.#hpack.decode(bytes, start, end, unwanted)) return brokenHeaderBlock;
      return this.#calls.refuse(id, errorCode.refusedStream);
    }
    const headers = new RequestHeaders(this.#limits.headerListBytes);
    if (!this.#hpack.decode(bytes, start, end, headers)) return brokenHeaderBlock;
    return this.#calls.open(id, headers, endStream, this.#peer.initialWindowBytes);
  }

  #trailers(stream: Http2Stream, headers: RequestHeaders, endStream: boolean): ConnectionError | undefined {
    if (stream.remoteClosed) return this.#calls.reset(stream, errorCode.streamClosed);
    if (!endStream || !headers.isValidTrailer()) return this.#calls.reset(stream, errorCode.protocolError);
    return this.#calls.halfClose(stream);
  }

  #rstStream(id: number): ConnectionError | undefined {
    if (id === 0) return onNoStream;
    const stream = this.#calls.table.get(id);
    if (stream !== undefined) return this.#calls.cancelled(stream);
    if (this.#isIdle(id)) return onIdleStream;
    this.#noteEnd(id);
    return this.#guard.lateReset();
  }

  #windowUpdate(id: number, bytes: number): ConnectionError | undefined {
    const flood = this.#guard.windowUpdate();
    if (flood !== undefined) return flood;
    if (id === 0) {
      if (bytes === 0) return connectionError(errorCode.protocolError, "WINDOW_UPDATE of 0");
      return this.#calls.outbound.widen(bytes) ? undefined : windowTooLarge;
    }
    const stream = this.#calls.table.get(id);
    if (stream === undefined) return this.#isIdle(id) ? onIdleStream : undefined;
    if (bytes === 0) return this.#calls.reset(stream, errorCode.protocolError);
    return this.#calls.outbound.widenStream(stream, bytes)
      ? undefined
      : this.#calls.reset(stream, errorCode.flowControlError);
  }

  #settings(
    flags: number,
    id: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): ConnectionError | undefined {
    if (id !== 0) return onNoStream;
    const flood = this.#guard.settings();
    if (flood !== undefined) return flood;
    if ((flags & flag.ack) !== 0) return end === start ? undefined : badLength;
    const before = this.#peer.initialWindowBytes;
    const error = this.#peer.read(bytes, start, end);
    if (error !== undefined) return error;
    this.settled = true;
    this.#writer.settingsAck();
    const delta = this.#peer.initialWindowBytes - before;
    if (delta === 0) return undefined;
    for (const stream of [...this.#calls.table.values()])
      if (!this.#calls.outbound.widenStream(stream, delta)) return windowTooLarge;
    return undefined;
  }

  #ping(flags: number, id: number, bytes: Buffer, start: number, end: number): ConnectionError | undefined {
    if (id !== 0) return onNoStream;
    if (end - start !== 8) return badLength;
    const flood = this.#guard.ping();
    if (flood !== undefined) return flood;
    if ((flags & flag.ack) !== 0) this.pingAnswered = true;
    else this.#writer.ping(flag.ack, bytes, start);
    return undefined;
  }

  /** Priorities are ignored (RFC 9113 §5.3.2) once they are well formed. */
  #priority(id: number, bytes: Buffer, start: number, end: number): ConnectionError | undefined {
    if (id === 0) return onNoStream;
    if (end - start !== 5) return badLength;
    return (readUint32(bytes, start) & 0x7fff_ffff) === id ? dependsOnItself : this.#guard.ignoredFrame();
  }

  /** The client is done with a stream that we may have left. */
  #noteEnd(id: number): void {
    if (this.#calls.table.pastOf(id) === past.left) this.#calls.table.close(id, past.closed);
  }

  #isIdle(id: number): boolean {
    return id > this.#calls.table.lastId || (id & 1) === 0;
  }
}

/** Whose fields nobody reads: only the dynamic table follows them. */
const unwanted: HeaderSink = { wantsMore: false, add() {} };

const brokenHeaderBlock = connectionError(errorCode.compressionError, "broken header block");
const settingsFirst = connectionError(errorCode.protocolError, "SETTINGS must come first");
const insideHeaderBlock = connectionError(errorCode.protocolError, "CONTINUATION expected");
const onNoStream = connectionError(errorCode.protocolError, "frame on a stream number it may not have");
const onIdleStream = connectionError(errorCode.protocolError, "frame on an idle stream");
const dependsOnItself = connectionError(errorCode.protocolError, "stream depends on itself");
const badLength = connectionError(errorCode.frameSizeError, "frame of a wrong length");
const windowTooLarge = connectionError(errorCode.flowControlError, "window too large");
