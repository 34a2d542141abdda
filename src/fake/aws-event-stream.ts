import type { JsonRecord } from "./json.ts";

const crcBytes = 4;
const preludeBytes = 8;
const stringType = 7;

/** CRC-32 of each byte (reflected polynomial 0xEDB88320, as in zlib). */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value >>> 0;
});

/** One message of `application/vnd.amazon.eventstream` that carries an event. */
export function eventMessage(type: string, payload: JsonRecord | string): Buffer {
  return message(
    { ":event-type": type, ":content-type": "application/json", ":message-type": "event" },
    typeof payload === "string" ? payload : JSON.stringify(payload),
  );
}

/** One message that ends a stream by an exception, under the response's status 200. */
export function exceptionMessage(type: string, payload: JsonRecord): Buffer {
  const headers = {
    ":exception-type": type,
    ":content-type": "application/json",
    ":message-type": "exception",
  };
  return message(headers, JSON.stringify(payload));
}

/**
 * Big-endian: total length, headers' length, CRC of these two; headers (name length, name, type 7, value length, value);
 * payload; CRC of all before it.
 */
function message(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const encoded = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const body = Buffer.from(payload);
  const total = preludeBytes + crcBytes + encoded.length + body.length + crcBytes;
  const bytes = Buffer.alloc(total);
  bytes.writeUInt32BE(total, 0);
  bytes.writeUInt32BE(encoded.length, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, preludeBytes)), preludeBytes);
  encoded.copy(bytes, preludeBytes + crcBytes);
  body.copy(bytes, preludeBytes + crcBytes + encoded.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, total - crcBytes)), total - crcBytes);
  return bytes;
}

function header(name: string, value: string): Buffer {
  const start = Buffer.from([name.length, ...Buffer.from(name), stringType]);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([start, length, Buffer.from(value)]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crcTable[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}
