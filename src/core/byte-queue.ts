import { GatewayError } from "./errors.ts";

/**
 * Bytes that wait until enough of them have come, in one piece. A piece that meets an empty queue, or lies in memory right behind what waits, is not copied; what is taken is never
 * written to again. The bound is on what is one thing to the reader, never on a piece: pieces are cut anywhere, and may hold thousands of things.
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
    } else if (this.#follows(piece)) {
      this.bytes = Buffer.from(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length + piece.length);
    } else if (piece.length > 0) this.#join(piece);
  }

  /** Takes the first `length` bytes off: one thing, whole. Throws `upstream_invalid` when it is larger than the bound. */
  take(length: number): Buffer {
    this.#check(length);
    const taken = this.bytes.subarray(0, length);
    this.bytes = this.bytes.subarray(length);
    return taken;
  }

  /** Says that all whole things have been taken off: what is left is the beginning of one. Throws `upstream_invalid` when it passes the bound already. */
  awaitRest(): void {
    this.#check(this.bytes.length);
  }

  #check(length: number): void {
    if (length > this.#bytesMax)
      throw new GatewayError("upstream_invalid", `${this.#what} is larger than ${this.#bytesMax} bytes`);
  }

  /** True if a piece directly follows the waiting bytes in memory, as slices of one message do. */
  #follows(piece: Buffer): boolean {
    const { bytes } = this;
    return piece.buffer === bytes.buffer && piece.byteOffset === bytes.byteOffset + bytes.length;
  }

  #join(piece: Buffer): void {
    const length = this.bytes.length + piece.length;
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
