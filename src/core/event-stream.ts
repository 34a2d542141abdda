import { crc32 } from "node:zlib";
import { ByteQueue } from "./byte-queue.ts";
import { GatewayError } from "./errors.ts";
import { eventValuesMax, hasTooManyValues } from "./json-values.ts";

/**
 * Largest message accepted, in bytes: reading a larger one would hold the event loop. AWS's own bound on a payload is 16 MiB; a piece of a
 * model's answer is a few kilobytes.
 */
export const eventStreamMessageBytesMax = 512 * 1024;

/** One message of an AWS event stream, with the bytes it was written in. */
export interface EventStreamMessage {
  readonly bytes: Buffer;
  /** The headers of type string, by name (`:event-type`, `:message-type`, …). */
  readonly headers: ReadonlyMap<string, string>;
  readonly payload: Buffer;
}

/**
 * Cuts an AWS event stream (application/vnd.amazon.eventstream; https://smithy.io/2.0/aws/amazon-eventstream.html) from bytes that come in pieces cut anywhere.
 * Push a piece, then pull messages until there is none. Both checksums are verified; what does not fit throws `upstream_invalid`.
 */
export class EventStreamDecoder {
  readonly #queue = new ByteQueue(eventStreamMessageBytesMax, "a message of the event stream");

  push(piece: Buffer): void {
    this.#queue.push(piece);
  }

  /** The next whole message. */
  next(): EventStreamMessage | undefined {
    const bytes = this.#queue.bytes;
    if (bytes.length < preludeBytes) return undefined;
    const length = bytes.readUInt32BE(0);
    const headersLength = bytes.readUInt32BE(4);
    if (crc32(bytes.subarray(0, 8)) !== bytes.readUInt32BE(8))
      throw broken("its prelude's checksum is wrong");
    if (length > eventStreamMessageBytesMax || length < preludeBytes + headersLength + checksumBytes)
      throw broken("its length is out of range");
    if (bytes.length < length) return undefined;
    const message = this.#queue.take(length);
    const end = length - checksumBytes;
    if (crc32(message.subarray(0, end)) !== message.readUInt32BE(end)) throw broken("its checksum is wrong");
    const headers = readHeaders(message.subarray(preludeBytes, preludeBytes + headersLength));
    const payload = message.subarray(preludeBytes + headersLength, end);
    if (hasTooManyValues(payload)) throw broken(`a message has more than ${eventValuesMax} values`);
    return { bytes: message, headers, payload };
  }

  /** True while a message is incomplete; at the end of a stream it is cut. */
  get cut(): boolean {
    return this.#queue.bytes.length > 0;
  }
}

/** Writes one message with headers of type string. */
export function encodeEventStreamMessage(
  headers: readonly (readonly [name: string, value: string])[],
  payload: Buffer,
): Buffer {
  return frame(Buffer.concat(headers.map(([name, value]) => encodeHeader(name, value))), payload);
}

/** The message with another payload, and its checksums anew; its headers stay as they are. */
export function withPayload({ bytes }: EventStreamMessage, payload: Buffer): Buffer {
  return frame(bytes.subarray(preludeBytes, preludeBytes + bytes.readUInt32BE(4)), payload);
}

function frame(head: Buffer, payload: Buffer): Buffer {
  const length = preludeBytes + head.length + payload.length + checksumBytes;
  const message = Buffer.alloc(length);
  message.writeUInt32BE(length, 0);
  message.writeUInt32BE(head.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  head.copy(message, preludeBytes);
  payload.copy(message, preludeBytes + head.length);
  message.writeUInt32BE(crc32(message.subarray(0, length - checksumBytes)), length - checksumBytes);
  return message;
}

function encodeHeader(name: string, value: string): Buffer {
  const header = Buffer.alloc(1 + name.length + 3 + Buffer.byteLength(value));
  header.writeUInt8(name.length, 0);
  header.write(name, 1, "latin1");
  header.writeUInt8(stringType, 1 + name.length);
  header.writeUInt16BE(Buffer.byteLength(value), 2 + name.length);
  header.write(value, 4 + name.length);
  return header;
}

function readHeaders(bytes: Buffer): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  let at = 0;
  while (at < bytes.length) {
    const nameStart = at + 1;
    const typeAt = nameStart + bytes.readUInt8(at);
    if (typeAt >= bytes.length) throw broken("a header is cut short");
    const name = bytes.toString("utf8", nameStart, typeAt);
    const type = bytes.readUInt8(typeAt);
    const { start, end } = headerValue(bytes, type, typeAt + 1);
    if (end > bytes.length) throw broken("a header is cut short");
    if (type === stringType) headers.set(name, bytes.toString("utf8", start, end));
    at = end;
  }
  return headers;
}

/** Where the value of a header of this type stands, when the byte after the type is at `at`. */
function headerValue(
  bytes: Buffer,
  type: number,
  at: number,
): { readonly start: number; readonly end: number } {
  if (type === bytesType || type === stringType) {
    if (at + 2 > bytes.length) throw broken("a header is cut short");
    return { start: at + 2, end: at + 2 + bytes.readUInt16BE(at) };
  }
  const length = fixedLengths[type];
  if (length === undefined) throw broken("a header has an unknown type");
  return { start: at, end: at + length };
}

function broken(why: string): GatewayError {
  return new GatewayError("upstream_invalid", `the provider's event stream is broken: ${why}`);
}

const preludeBytes = 12;
const checksumBytes = 4;
const bytesType = 6;
const stringType = 7;
/** Bytes of a header's value by type: true, false, int8, int16, int32, int64, (bytes, string), timestamp, uuid. */
const fixedLengths: Readonly<Record<number, number>> = { 0: 0, 1: 0, 2: 1, 3: 2, 4: 4, 5: 8, 8: 8, 9: 16 };
