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
