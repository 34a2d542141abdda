import { crc32 } from "node:zlib";

/** Before each payload: its length and its CRC-32, little-endian. */
export const frameHeaderBytes = 8;

/** Fills in the header of a frame whose payload is all that follows it. */
export function sealFrame(frame: Buffer): void {
  frame.writeUInt32LE(frame.length - frameHeaderBytes, 0);
  frame.writeUInt32LE(crc32(frame.subarray(frameHeaderBytes)), 4);
}

/** A frame around a payload. */
export function frameOf(payload: Buffer): Buffer {
  const frame = Buffer.allocUnsafe(frameHeaderBytes + payload.length);
  payload.copy(frame, frameHeaderBytes);
  sealFrame(frame);
  return frame;
}

/** The payload of the frame at an offset; undefined where no whole and undamaged frame is. */
export function readFrame(bytes: Buffer, at: number): Buffer | undefined {
  if (at + frameHeaderBytes > bytes.length) return undefined;
  const end = at + frameHeaderBytes + bytes.readUInt32LE(at);
  // A frame is never empty: a hole of zeros is damage.
  if (end > bytes.length || end === at + frameHeaderBytes) return undefined;
  const payload = bytes.subarray(at + frameHeaderBytes, end);
  return crc32(payload) === bytes.readUInt32LE(at + 4) ? payload : undefined;
}

/** The pieces of a file of frames, in order. */
export type Piece =
  | { readonly kind: "frame"; readonly at: number; readonly payload: Buffer }
  /** Bytes that are no whole frame. `isTail`: nothing valid comes after them, as a broken last write leaves it. */
  | { readonly kind: "damage"; readonly at: number; readonly bytes: number; readonly isTail: boolean };

/** Reads a file of frames, and goes on behind what is damaged. */
export function* readFrames(bytes: Buffer): Generator<Piece> {
  for (let at = 0; at < bytes.length; ) {
    const payload = readFrame(bytes, at);
    if (payload !== undefined) {
      yield { kind: "frame", at, payload };
      at += frameHeaderBytes + payload.length;
      continue;
    }
    const next = findFrame(bytes, at + 1);
    const end = next ?? bytes.length;
    yield { kind: "damage", at, bytes: end - at, isTail: next === undefined };
    at = end;
  }
}

/** Where the next valid frame begins. */
function findFrame(bytes: Buffer, from: number): number | undefined {
  for (let at = from; at + frameHeaderBytes < bytes.length; at++)
    if (mayBegin(bytes, at) && readFrame(bytes, at) !== undefined) return at;
  return undefined;
}

/** True if a frame may begin here, by its first bytes: a checksum over megabytes at every byte would take hours. */
function mayBegin(bytes: Buffer, at: number): boolean {
  const start = at + frameHeaderBytes;
  const end = start + bytes.readUInt32LE(at);
  if (end > bytes.length || end === start) return false;
  const first = bytes[start] ?? 0;
  if (first === openingBrace) return bytes[start + 1] === quote && bytes[end - 1] === closingBrace;
  if (first > lastEntryKind || end < start + 9) return false;
  const timeMs = bytes.readDoubleLE(start + 1);
  return timeMs === 0 || (timeMs >= 1 && timeMs < 1e15);
}

const openingBrace = 0x7b;
const closingBrace = 0x7d;
const quote = 0x22;
/** Entries begin with their kind and time. */
const lastEntryKind = 31;
