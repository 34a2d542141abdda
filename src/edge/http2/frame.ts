/** Frame types of RFC 9113 §6. */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

/** Frame flags; what bit 1 means depends on the type. */
export const flag = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

/** Error codes of RFC 9113 §7 that we send. */
export const errorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;

/** One value of {@link errorCode}. */
export type ErrorCode = (typeof errorCode)[keyof typeof errorCode];

/** The bytes that a client must send before its first frame. */
export const clientPreface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "latin1");

/** Bytes of a frame's header: length 24 bits, type, flags, stream id 31 bits. */
export const frameHeaderBytes = 9;

/** The longest payload we take and send: every peer's default (SETTINGS_MAX_FRAME_SIZE). */
export const frameBytesMax = 16_384;

/** The window a connection and each of its streams start with, until SETTINGS say otherwise. */
export const defaultWindowBytes = 65_535;

/** The largest window there can be. */
export const windowBytesMax = 0x7fff_ffff;

/** Ends a whole connection: what GOAWAY will say, and why. */
export interface ConnectionError {
  readonly code: ErrorCode;
  readonly reason: string;
}

/** The reason to end a connection, as a value: peers' mistakes are expected and cost no stack trace. */
export function connectionError(code: ErrorCode, reason: string): ConnectionError {
  return { code, reason };
}

/** Reads 32 bits, highest byte first. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  );
}

/** Writes 32 bits, highest byte first. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}
