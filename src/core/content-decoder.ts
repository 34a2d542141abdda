import type { Transform } from "node:stream";
import * as zlib from "node:zlib";
import { GatewayError } from "./errors.ts";

/** Largest ratio of decoded to encoded bytes past the floor. A decompression bomb reaches a thousand, a stream of events thirty. */
const growthMax = 200;
const growthFloorBytes = 4 * 1024 * 1024;

/** Decoded bytes that come at once. */
const chunkSize = 65_536;

/** Node has zstd from 22.15 on. */
const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: () => Transform };

/** True if a body with this encoding can be decoded here. */
export function isDecodable(encoding: string): boolean {
  return createDecoder(encoding) !== undefined;
}

function createDecoder(encoding: string): (() => Transform) | undefined {
  switch (encoding.trim().toLowerCase()) {
    case "gzip":
    case "x-gzip":
      return () => zlib.createGunzip({ chunkSize });
    case "br":
      return () => zlib.createBrotliDecompress({ chunkSize });
    case "zstd":
      return createZstdDecompress;
    default:
      return undefined;
  }
}

/** Takes a content-encoding off a body that comes in pieces; every piece gives at once what can be told from it. Must be closed. */
export class ContentDecoder {
  readonly #stream: Transform;
  readonly #pieceBytesMax: number;
  #out: Buffer[] = [];
  #takenBytes = 0;
  #givenBytes = 0;
  /** Bytes in `#out`. */
  #outBytes = 0;
  #failure: GatewayError | undefined;
  #fail: (error: GatewayError) => void = () => {};

  /** `encoding`: one that {@link isDecodable}. `pieceBytesMax`: what one pushed piece may become. */
  constructor(encoding: string, pieceBytesMax: number) {
    const create = createDecoder(encoding);
    if (create === undefined) throw new Error(`no decoder for ${encoding}`);
    this.#pieceBytesMax = pieceBytesMax;
    this.#stream = create();
    this.#stream.on("data", (piece: Buffer) => this.#give(piece));
    this.#stream.on("error", (cause) => {
      this.#failure ??= new GatewayError("upstream_invalid", "the provider's answer cannot be decoded", {
        cause,
      });
      this.#fail(this.#failure);
    });
  }

  /**
   * Decodes the next piece; one at a time. Rejects with `upstream_invalid` for what is damaged, cut or grows too much, and with
   * `response_too_large` for a piece that becomes more than it may.
   */
  push(piece: Buffer, end: boolean): Promise<Buffer> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    this.#takenBytes += piece.length;
    return new Promise((resolve, reject) => {
      this.#fail = reject;
      const give = () => {
        this.#outBytes = 0;
        resolve(Buffer.concat(this.#out.splice(0)));
      };
      if (end) this.#stream.once("end", give).end(piece);
      else this.#stream.write(piece, give);
    });
  }

  close(): void {
    this.#stream.destroy();
    this.#fail(new GatewayError("upstream_invalid", "the answer is no longer wanted"));
  }

  #give(piece: Buffer): void {
    this.#givenBytes += piece.length;
    this.#outBytes += piece.length;
    if (this.#outBytes > this.#pieceBytesMax) {
      this.#failure ??= new GatewayError(
        "response_too_large",
        "the provider's answer is too large to decode",
      );
      this.#stream.destroy(this.#failure);
      return;
    }
    const growthBytesMax = Math.max(growthFloorBytes, this.#takenBytes * growthMax);
    if (this.#givenBytes <= growthBytesMax) this.#out.push(piece);
    else this.#stream.destroy(new Error("it grows too much"));
  }
}
