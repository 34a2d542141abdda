import { setImmediate as nextTurn } from "node:timers/promises";
import { createBrotliCompress, createDeflate, createGzip, constants as zlib } from "node:zlib";
import type { Frame } from "./answer.ts";
import type { Faults } from "./faults.ts";
import type { Wire } from "./wire.ts";

/** Writes frames to the wire, encoded and cut as faults ask, and knows how many output tokens have left. */
export class Outlet {
  /** Output tokens whose last byte was handed to the kernel. */
  writtenTokens = 0;
  readonly #wire: Wire;
  readonly #encode: Encode;
  /** Size of each piece but the last; infinite if every write goes out as it is. */
  readonly #pieceBytes: number;
  #waiting: Buffer = Buffer.alloc(0);
  #queuedBytes = 0;
  #sentBytes = 0;
  /** Output tokens not counted yet, each with the count of bytes that it leaves with. */
  #unsent: { readonly endsAt: number; readonly tokens: number }[] = [];

  constructor(wire: Wire, faults: Faults) {
    this.#wire = wire;
    this.#encode = faults.encoding === undefined ? identity : encoderOf(faults.encoding);
    this.#pieceBytes = faults.chunkBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Writes frames in one piece; if pieces of a size are asked for, what is less waits for more. */
  async write(frames: readonly Frame[]): Promise<void> {
    const encoded: Buffer[] = [];
    for (const { bytes, outputTokens } of frames) {
      const piece = bytes.length === 0 ? bytes : await this.#encode(bytes, false);
      encoded.push(piece);
      this.#queuedBytes += piece.length;
      if (outputTokens > 0) this.#unsent.push({ endsAt: this.#queuedBytes, tokens: outputTokens });
    }
    this.#waiting = Buffer.concat([this.#waiting, ...encoded]);
    while (this.#waiting.length >= this.#pieceBytes) {
      await this.#send(this.#pieceBytes);
      // Thousands of tiny pieces would keep a gateway in the same process from its turn.
      await nextTurn();
    }
    if (this.#pieceBytes === Number.POSITIVE_INFINITY) await this.flush();
  }

  /** Writes what waits. */
  async flush(): Promise<void> {
    await this.#send(this.#waiting.length);
  }

  /** Writes what waits and the encoding's end. */
  async finish(): Promise<void> {
    const end = await this.#encode(Buffer.alloc(0), true);
    this.#waiting = Buffer.concat([this.#waiting, end]);
    await this.flush();
  }

  async #send(bytes: number): Promise<void> {
    const piece = this.#waiting.subarray(0, bytes);
    this.#waiting = this.#waiting.subarray(bytes);
    if (piece.length === 0 || !(await this.#wire.write(piece))) return;
    this.#sentBytes += piece.length;
    const firstUnsent = this.#unsent.findIndex(({ endsAt }) => endsAt > this.#sentBytes);
    const sent = this.#unsent.splice(0, firstUnsent < 0 ? this.#unsent.length : firstUnsent);
    for (const { tokens } of sent) this.writtenTokens += tokens;
  }
}

/** Encoded bytes, flushed so that a client can decode all of them at once; `last` adds the encoding's end. */
type Encode = (bytes: Buffer, last: boolean) => Promise<Buffer>;

const identity: Encode = (bytes) => Promise.resolve(bytes);

function encoderOf(encoding: "gzip" | "deflate" | "br"): Encode {
  const stream =
    encoding === "gzip" ? createGzip() : encoding === "deflate" ? createDeflate() : createBrotliCompress();
  const flushKind = encoding === "br" ? zlib.BROTLI_OPERATION_FLUSH : zlib.Z_SYNC_FLUSH;
  const parts: Buffer[] = [];
  stream.on("data", (part: Buffer) => parts.push(part));
  return async (bytes, last) => {
    await new Promise<void>((resolve) => {
      if (last) stream.once("end", resolve).end(bytes);
      else {
        stream.write(bytes);
        stream.flush(flushKind, resolve);
      }
    });
    return Buffer.concat(parts.splice(0));
  };
}
