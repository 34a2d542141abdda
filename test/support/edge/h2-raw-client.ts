import { connect, type Socket } from "node:net";
import type { EdgeAddress } from "../../../src/edge/edge.ts";
import { frameType } from "../../../src/edge/http2/frame.ts";
import { parseFrames, type ReceivedFrame } from "./h2-frames.ts";

/** An HTTP/2 client without manners: sends what it is given and notes what comes back. */
export class RawClient {
  readonly socket: Socket;
  readonly frames: ReceivedFrame[] = [];
  /** Resolves when the connection is gone. */
  readonly closed: Promise<void>;
  #isClosed = false;
  #rest: Buffer = Buffer.alloc(0);
  #waiting: (() => void)[] = [];

  constructor(address: EdgeAddress) {
    this.socket = address.kind === "unix" ? connect(address.path) : connect(address.port, address.host);
    this.socket.on("error", () => undefined);
    this.socket.on("data", (chunk) => {
      const { frames, rest } = parseFrames(Buffer.concat([this.#rest, chunk]));
      this.frames.push(...frames);
      this.#rest = rest;
      this.#wake();
    });
    this.closed = new Promise((resolve) => {
      this.socket.once("close", () => {
        this.#isClosed = true;
        resolve();
        this.#wake();
      });
    });
  }

  send(...parts: readonly Uint8Array[]): this {
    this.socket.write(Buffer.concat(parts));
    return this;
  }

  /** The first frame, come or yet to come, that `matches`; undefined when the connection ends without one. */
  async find(matches: (frame: ReceivedFrame) => boolean): Promise<ReceivedFrame | undefined> {
    for (;;) {
      const found = this.frames.find(matches);
      if (found !== undefined || this.#isClosed) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** The error code of the GOAWAY that ends the connection; undefined when it ends without one. */
  async goawayCode(): Promise<number | undefined> {
    const frame = await this.find(({ type }) => type === frameType.goaway);
    return frame?.payload.readUInt32BE(4);
  }

  /** The error code of RST_STREAM on a stream. */
  async resetCode(streamId: number): Promise<number | undefined> {
    const frame = await this.find((each) => each.type === frameType.rstStream && each.streamId === streamId);
    return frame?.payload.readUInt32BE(0);
  }

  /** All DATA of a stream so far. */
  data(streamId: number): Buffer {
    return Buffer.concat(
      this.frames
        .filter((each) => each.type === frameType.data && each.streamId === streamId)
        .map((each) => each.payload),
    );
  }

  /** Sends a PING and waits for its answer: all sent before has then been handled. */
  async sync(): Promise<void> {
    const payload = Buffer.alloc(8);
    payload.writeUInt32BE(++this.#pings);
    this.send(Buffer.from([0, 0, 8, frameType.ping, 0, 0, 0, 0, 0]), payload);
    await this.find((frame) => frame.type === frameType.ping && frame.payload.equals(payload));
  }

  close(): void {
    this.socket.destroy();
  }

  #pings = 0;

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}
