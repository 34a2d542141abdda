import type { Socket } from "node:net";
import {
  type ErrorCode,
  errorCode,
  flag,
  frameHeaderBytes,
  frameType,
  windowBytesMax,
  writeUint32,
} from "./frame.ts";
import type { Http2Limits } from "./limits.ts";
import { settingId } from "./peer-settings.ts";

/** gRPC's prefix of every message: a compression flag, always 0 here, and the length. */
export const messagePrefixBytes = 5;

const firstBufferBytes = 8 << 10;
const bufferBytesMax = 64 << 10;

/**
 * Builds frames in one buffer that is used over and over and hands it to the socket when `flush` is called or the
 * buffer is full: one write for everything that one read event caused.
 */
export class FrameWriter {
  readonly #socket: Socket;
  #buffer = Buffer.allocUnsafeSlow(firstBufferBytes);
  #used = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** True if the kernel takes no more for now; the socket's `drain` tells when it does. */
  get stalled(): boolean {
    return this.#socket.writableLength > 0 && this.#socket.writableNeedDrain;
  }

  /** Our SETTINGS, and the connection's receive window, which SETTINGS cannot change. */
  preface(limits: Http2Limits, defaultWindowBytes: number): void {
    const settings = [
      [settingId.maxConcurrentStreams, limits.streams],
      [settingId.initialWindowSize, limits.streamWindowBytes],
      [settingId.maxHeaderListSize, limits.headerListBytes],
    ] as const;
    let at = this.#begin(settings.length * 6, frameType.settings, 0, 0);
    for (const [id, value] of settings) {
      this.#buffer.writeUInt16BE(id, at);
      writeUint32(this.#buffer, at + 2, value);
      at += 6;
    }
    this.windowUpdate(0, limits.connectionWindowBytes - defaultWindowBytes);
  }

  settingsAck(): void {
    this.#begin(0, frameType.settings, flag.ack, 0);
  }

  ping(flags: number, payload: Buffer, start: number): void {
    const at = this.#begin(8, frameType.ping, flags, 0);
    payload.copy(this.#buffer, at, start, start + 8);
  }

  windowUpdate(streamId: number, bytes: number): void {
    const at = this.#begin(4, frameType.windowUpdate, 0, streamId);
    writeUint32(this.#buffer, at, bytes);
  }

  rstStream(streamId: number, code: ErrorCode): void {
    const at = this.#begin(4, frameType.rstStream, 0, streamId);
    writeUint32(this.#buffer, at, code);
  }

  goaway(lastStreamId: number, code: ErrorCode, reason: string): void {
    const at = this.#begin(8 + reason.length, frameType.goaway, 0, 0);
    writeUint32(this.#buffer, at, lastStreamId);
    writeUint32(this.#buffer, at + 4, code);
    this.#buffer.write(reason, at + 8, "latin1");
  }

  /** Says that no new call will be taken, without yet saying from which on (RFC 9113 §6.8). */
  goawayNotice(): void {
    this.goaway(windowBytesMax, errorCode.noError, "draining");
  }

  headers(streamId: number, block: Buffer, endStream: boolean): void {
    const flags = endStream ? flag.endHeaders | flag.endStream : flag.endHeaders;
    const at = this.#begin(block.length, frameType.headers, flags, streamId);
    block.copy(this.#buffer, at);
  }

  /** One whole message, prefix and all, as one DATA frame. */
  message(streamId: number, message: Uint8Array): void {
    const length = message.length;
    let at = this.#begin(messagePrefixBytes + length, frameType.data, 0, streamId);
    const buffer = this.#buffer;
    buffer[at] = 0;
    writeUint32(buffer, at + 1, length);
    at += messagePrefixBytes;
    // Most answers are a few bytes, for which a loop is faster than a call into the runtime.
    if (length <= 32) for (let index = 0; index < length; index++) buffer[at + index] = message[index] ?? 0;
    else buffer.set(message, at);
  }

  /** A DATA frame whose content the caller writes at once, into the returned `bytes` bytes. */
  data(streamId: number, bytes: number): Uint8Array {
    const at = this.#begin(bytes, frameType.data, 0, streamId);
    return this.#buffer.subarray(at, at + bytes);
  }

  /** Hands what was built to the socket. */
  flush(): void {
    if (this.#used === 0) return;
    const built = this.#buffer.subarray(0, this.#used);
    this.#used = 0;
    if (!this.#socket.writable) return;
    this.#socket.write(built);
    // The kernel did not take it all: the socket keeps the buffer until it has.
    if (this.#socket.writableLength > 0) this.#buffer = Buffer.allocUnsafeSlow(this.#buffer.length);
  }

  /** Writes a frame's header and returns where its payload goes. May replace the buffer, so read that afterwards. */
  #begin(length: number, type: number, flags: number, streamId: number): number {
    if (this.#used + frameHeaderBytes + length > this.#buffer.length)
      this.#makeRoom(frameHeaderBytes + length);
    const buffer = this.#buffer;
    const at = this.#used;
    buffer[at] = length >> 16;
    buffer[at + 1] = length >> 8;
    buffer[at + 2] = length;
    buffer[at + 3] = type;
    buffer[at + 4] = flags;
    writeUint32(buffer, at + 5, streamId);
    this.#used = at + frameHeaderBytes + length;
    return at + frameHeaderBytes;
  }

  /** The buffer grows while it is small and is flushed when it is not: frames are at most 16 KiB. */
  #makeRoom(bytes: number): void {
    if (this.#used + bytes > bufferBytesMax) this.flush();
    if (this.#used + bytes <= this.#buffer.length) return;
    const grown = Buffer.allocUnsafeSlow(bufferBytesMax);
    this.#buffer.copy(grown, 0, 0, this.#used);
    this.#buffer = grown;
  }
}
