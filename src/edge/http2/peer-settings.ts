import {
  type ConnectionError,
  connectionError,
  defaultWindowBytes,
  errorCode,
  frameBytesMax,
  readUint32,
  windowBytesMax,
} from "./frame.ts";

/** Identifiers of RFC 9113 §6.5.2 that concern a server which pushes nothing and compresses with no table. */
export const settingId = {
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
} as const;

const settingBytes = 6;

/** The client's settings. */
export class PeerSettings {
  /** The send window of a stream that opens now. */
  initialWindowBytes = defaultWindowBytes;

  /** Reads the payload of a SETTINGS frame. */
  read(bytes: Buffer, start: number, end: number): ConnectionError | undefined {
    if ((end - start) % settingBytes !== 0)
      return connectionError(errorCode.frameSizeError, "SETTINGS of a broken length");
    for (let at = start; at < end; at += settingBytes) {
      const error = this.#apply(bytes.readUInt16BE(at), readUint32(bytes, at + 2));
      if (error !== undefined) return error;
    }
    return undefined;
  }

  #apply(id: number, value: number): ConnectionError | undefined {
    switch (id) {
      case settingId.enablePush:
        return value > 1
          ? connectionError(errorCode.protocolError, "ENABLE_PUSH is neither 0 nor 1")
          : undefined;
      case settingId.maxFrameSize:
        // We never send more than the default, which is also the least a peer may allow.
        return value < frameBytesMax || value > 0xff_ffff
          ? connectionError(errorCode.protocolError, "MAX_FRAME_SIZE out of range")
          : undefined;
      case settingId.initialWindowSize:
        if (value > windowBytesMax)
          return connectionError(errorCode.flowControlError, "INITIAL_WINDOW_SIZE too large");
        this.initialWindowBytes = value;
        return undefined;
      default:
        return undefined;
    }
  }
}
