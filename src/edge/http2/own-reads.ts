import { Socket, type SocketConstructorOpts } from "node:net";

/** As much as the kernel is asked for at once. A read that fills it is followed by another in the same turn of the event loop. */
export const readBufferBytes = 64 << 10;

/**
 * The socket of an accepted connection, reading into `buffer` instead of into memory made for every read; `hear` is given the
 * bytes, which are valid only during the call, so one buffer does for all connections. The accepted socket must be paused, and is
 * of no more use.
 *
 * Node offers this (`onread`) for sockets one makes, not for those a server accepts. So the handle changes hands as it does when
 * Node passes a socket to another process. Where there is no such handle the accepted socket is read as usual.
 */
export function withOwnReads(accepted: Socket, buffer: Buffer, hear: (bytes: Buffer) => void): Socket {
  const holder: { _handle?: object | null } = accepted as object;
  const handle = holder._handle;
  if (!canReadIntoOurs(handle)) {
    accepted.on("data", hear);
    return accepted;
  }
  holder._handle = null;
  // Its server no longer counts it; whoever took the handle over does.
  accepted.destroy();
  const callback = (bytes: number) => {
    hear(buffer.subarray(0, bytes));
    return true;
  };
  const options: SocketConstructorOpts & Readonly<Record<"handle" | "onread", object>> = {
    handle,
    onread: { buffer, callback },
  };
  // Flowing, so that the end is heard.
  return new Socket(options).resume();
}

function canReadIntoOurs(handle: object | null | undefined): handle is object {
  return handle !== null && handle !== undefined && "useUserBuffer" in handle;
}
