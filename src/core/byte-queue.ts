import { GatewayError } from "./errors.ts";

/**
 * Bytes that wait until enough of them have come, in one piece. A piece that meets an empty queue is not copied; what is taken is never
 * written to again. Over its bound it throws `upstream_invalid`.
 */
export class ByteQueue {
  /** Everything that waits. */
  bytes: Buffer = empty;
  readonly #bytesMax: number;
  readonly #what: string;
  /** Our own storage behind `bytes`, once a second piece had to be joined to a first. */
  #storage: Buffer | undefined;
  /** Offset after the bytes in use in `#storage`. */
  #used = 0;

  /** `what` names the thing that is too large when the bound is passed. */
  constructor(bytesMax: number, what: string) {
    this.#bytesMax = bytesMax;
    this.#what = what;
  }

  push(piece: Buffer): void {
    if (this.bytes.length === 0) {
      this.#storage = undefined;
      this.bytes = piece;
    } else if (piece.length > 0) this.#join(piece);
  }

  /** Takes the first `length` bytes off. */
  take(length: number): Buffer {
    const taken = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return taken;
  }

  #join(piece: Buffer): void {
    const length = this.bytes.length + piece.length;
    if (length > this.#bytesMax)
      throw new GatewayError("upstream_invalid", `${this.#what} is larger than ${this.#bytesMax} bytes`);
    if (this.#storage === undefined || this.#used + piece.length > this.#storage.length) {
      this.#storage = Buffer.allocUnsafe(length * 2);
      this.#storage.set(this.bytes);
      this.#used = this.bytes.length;
    }
    this.#storage.set(piece, this.#used);
    this.#used += piece.length;
    this.bytes = this.#storage.subarray(this.#used - length, this.#used);
  }
}

const empty = Buffer.alloc(0);
