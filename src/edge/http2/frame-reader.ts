import {
  type ConnectionError,
  clientPreface,
  connectionError,
  errorCode,
  flag,
  frameBytesMax,
  frameHeaderBytes,
  frameType,
  readUint32,
} from "./frame.ts";

/** Receives frames. Each method may refuse a frame by returning an error, which ends the reading. */
export interface FrameSink {
  /** A DATA frame begins; `flowBytes` is what it costs of the windows, its padding included. */
  dataBegin(
    streamId: number,
    flowBytes: number,
    contentBytes: number,
    endStream: boolean,
  ): ConnectionError | undefined;
  /** Content of the DATA frame begun last, in pieces as the socket gave them. */
  dataPiece(chunk: Buffer, start: number, end: number): void;
  /** The DATA frame begun last is complete. */
  dataEnd(): ConnectionError | undefined;
  /** Any other frame, whole. The bytes are valid only during the call. */
  frame(
    type: number,
    flags: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): ConnectionError | undefined;
}

/** The frame header, and of a padded DATA frame the byte that tells the padding's length. */
const heldBytes = frameHeaderBytes + frameBytesMax;

/** Of a frame that is not DATA, so many bytes are as much work as a frame: a header list may name a field with every byte. */
const bytesPerWork = 64;

/** Cuts a byte stream, in whatever pieces it comes, into frames. Content of DATA is passed on as it comes and never copied here. */
export class FrameReader {
  /** Work that may be done before reading stops: one for every frame, and for every 64 bytes of those that are not DATA. */
  workLeft = 0;
  readonly #sink: FrameSink;
  /** A frame, or the preface, that the last chunk cut: its first `#held` bytes. */
  #hold: Buffer | undefined;
  #held = 0;
  #prefaceLeft = clientPreface.length;
  /** Of the DATA frame being read. */
  #contentLeft = 0;
  #paddingLeft = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Reads one chunk, or as much of it as {@link workLeft} allows; returns where it stopped. After an error the reader is of no more use. */
  read(chunk: Buffer): number | ConnectionError {
    let at = 0;
    if (this.#prefaceLeft > 0) {
      at = Math.min(this.#prefaceLeft, chunk.length);
      const from = clientPreface.length - this.#prefaceLeft;
      if (chunk.compare(clientPreface, from, from + at, 0, at) !== 0)
        return connectionError(errorCode.protocolError, "not the HTTP/2 preface");
      this.#prefaceLeft -= at;
    }
    while (at < chunk.length && this.workLeft > 0) {
      const next =
        this.#contentLeft + this.#paddingLeft > 0
          ? this.#readData(chunk, at)
          : this.#held > 0
            ? this.#readHeld(chunk, at)
            : this.#readFrame(chunk, at);
      if (typeof next !== "number") return next;
      at = next;
    }
    return at;
  }

  /** Reads the frame that starts at `at`; what the chunk cuts is held. Returns where reading goes on. */
  #readFrame(chunk: Buffer, at: number): number | ConnectionError {
    const available = chunk.length - at;
    if (available < frameHeaderBytes) return this.#holdRest(chunk, at);
    const length = payloadLength(chunk, at);
    if (length > frameBytesMax) return frameTooLong;
    const payload = at + frameHeaderBytes;
    if (chunk[at + 3] === frameType.data) {
      if (available < dataHeaderBytes(chunk, at, length)) return this.#holdRest(chunk, at);
      return this.#beginData(chunk, at, length) ?? at + dataHeaderBytes(chunk, at, length);
    }
    if (available < frameHeaderBytes + length) return this.#holdRest(chunk, at);
    return this.#deliver(chunk, at, payload + length) ?? payload + length;
  }

  /** Completes the held frame from the chunk, as far as it reaches. */
  #readHeld(chunk: Buffer, start: number): number | ConnectionError {
    const hold = this.#hold as Buffer;
    let at = this.#fill(chunk, start, frameHeaderBytes);
    if (this.#held < frameHeaderBytes) return at;
    const length = payloadLength(hold, 0);
    if (length > frameBytesMax) return frameTooLong;
    const isData = hold[3] === frameType.data;
    const wanted = isData ? dataHeaderBytes(hold, 0, length) : frameHeaderBytes + length;
    at = this.#fill(chunk, at, wanted);
    if (this.#held < wanted) return at;
    this.#held = 0;
    const error = isData ? this.#beginData(hold, 0, length) : this.#deliver(hold, 0, wanted);
    return error ?? at;
  }

  #deliver(bytes: Buffer, at: number, end: number): ConnectionError | undefined {
    this.workLeft -= 1 + Math.floor((end - at) / bytesPerWork);
    const streamId = readUint32(bytes, at + 5) & 0x7fff_ffff;
    const flags = bytes[at + 4] ?? 0;
    return this.#sink.frame(bytes[at + 3] ?? 0, flags, streamId, bytes, at + frameHeaderBytes, end);
  }

  #beginData(bytes: Buffer, at: number, length: number): ConnectionError | undefined {
    this.workLeft -= 1;
    const flags = bytes[at + 4] ?? 0;
    const padded = (flags & flag.padded) !== 0;
    const padding = padded ? (bytes[at + frameHeaderBytes] ?? 0) : 0;
    const content = padded ? length - 1 - padding : length;
    if (content < 0) return connectionError(errorCode.protocolError, "padding longer than its frame");
    const streamId = readUint32(bytes, at + 5) & 0x7fff_ffff;
    const error = this.#sink.dataBegin(streamId, length, content, (flags & flag.endStream) !== 0);
    if (error !== undefined) return error;
    this.#contentLeft = content;
    this.#paddingLeft = padding;
    return content + padding === 0 ? this.#sink.dataEnd() : undefined;
  }

  #readData(chunk: Buffer, start: number): number | ConnectionError {
    let at = start;
    if (this.#contentLeft > 0) {
      const end = Math.min(chunk.length, at + this.#contentLeft);
      this.#contentLeft -= end - at;
      this.#sink.dataPiece(chunk, at, end);
      at = end;
    }
    if (this.#contentLeft > 0) return at;
    const skipped = Math.min(this.#paddingLeft, chunk.length - at);
    this.#paddingLeft -= skipped;
    const error = this.#paddingLeft === 0 ? this.#sink.dataEnd() : undefined;
    return error ?? at + skipped;
  }

  #holdRest(chunk: Buffer, at: number): number {
    this.#hold ??= Buffer.allocUnsafeSlow(heldBytes);
    this.#held = chunk.copy(this.#hold, 0, at);
    return chunk.length;
  }

  /** Copies into the hold until it has `wanted` bytes; returns where in the chunk that ended. */
  #fill(chunk: Buffer, at: number, wanted: number): number {
    const missing = wanted - this.#held;
    if (missing <= 0) return at;
    const copied = chunk.copy(this.#hold as Buffer, this.#held, at, at + missing);
    this.#held += copied;
    return at + copied;
  }
}

const frameTooLong = connectionError(errorCode.frameSizeError, `frame over ${frameBytesMax} bytes`);

function payloadLength(bytes: Buffer, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
}

/** A padded DATA frame tells how much padding it has in its first byte; one too short for that is caught as padding too long. */
function dataHeaderBytes(bytes: Buffer, at: number, length: number): number {
  const padded = ((bytes[at + 4] ?? 0) & flag.padded) !== 0;
  return padded && length > 0 ? frameHeaderBytes + 1 : frameHeaderBytes;
}
