import { clientPreface, frameType } from "../../../src/edge/http2/frame.ts";

/** One HTTP/2 frame. */
export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** A 32-bit number as a payload. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** Preface and empty SETTINGS: how every client begins. */
export const clientStart: Buffer = Buffer.concat([clientPreface, frame(frameType.settings, 0, 0)]);

/** A header block of literal fields that enter no table. */
export function literalBlock(fields: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([name, value]) => [Buffer.from([0]), stringLiteral(name), stringLiteral(value)]),
  );
}

/** The header block of a gRPC call. */
export function callBlock(path: string, extra: readonly (readonly [string, string])[] = []): Buffer {
  return Buffer.concat([
    Buffer.from([0x83, 0x86]),
    literalBlock([[":path", path], ["content-type", "application/grpc"], ["te", "trailers"], ...extra]),
  ]);
}

/** A gRPC message with its prefix. */
export function grpcMessage(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0]), uint32(message.length), message]);
}

/** A header name or value without Huffman code, shorter than 16,511 bytes. */
export function stringLiteral(text: string): Buffer {
  const bytes = Buffer.from(text, "latin1");
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const rest = bytes.length - 127;
  return Buffer.concat([Buffer.from(rest < 128 ? [127, rest] : [127, (rest & 127) | 128, rest >> 7]), bytes]);
}

/** A frame as received. */
export interface ReceivedFrame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** Every whole frame in what was received, and what is left over. */
export function parseFrames(bytes: Buffer): {
  readonly frames: readonly ReceivedFrame[];
  readonly rest: Buffer;
} {
  const frames: ReceivedFrame[] = [];
  let at = 0;
  while (bytes.length - at >= 9) {
    const end = at + 9 + bytes.readUIntBE(at, 3);
    if (bytes.length < end) break;
    frames.push({
      type: bytes[at + 3]!,
      flags: bytes[at + 4]!,
      streamId: bytes.readUInt32BE(at + 5),
      payload: bytes.subarray(at + 9, end),
    });
    at = end;
  }
  return { frames, rest: bytes.subarray(at) };
}
