import { largest } from "../../core/extremes.ts";
import type { MaybePromise } from "../../core/maybe-promise.ts";
import { inSlices } from "../../core/slices.ts";
import type { AnswerMask } from "../state/answer-parts.ts";

const star = 0x2a;

/**
 * Puts stars in place of each secret in an answer that comes in pieces, cut anywhere. The end of a piece is held back where it may be the
 * beginning of a secret; so at most a secret's length less one byte waits.
 */
export class SecretMask implements AnswerMask {
  readonly #secrets: readonly Buffer[];
  /** The end of what came, which may be the beginning of a secret. */
  #pending: Buffer = noBytes;

  constructor(secrets: readonly Buffer[]) {
    this.#secrets = secrets;
  }

  /** What may go on of the next piece: the very same buffer where nothing changes, else a copy. After the last piece nothing waits. */
  push(piece: Buffer, last: boolean): MaybePromise<Buffer> {
    if (this.#secrets.length === 0) return piece;
    if (this.#pending.length === 0 && piece.length > searchedBytesMax) return this.#pushLarge(piece, last);
    const joined = this.#pending.length === 0 ? piece : Buffer.concat([this.#pending, piece]);
    return this.#holdBack(maskSecrets(joined, this.#secrets), last);
  }

  /** What waits, when nothing more will come. */
  rest(): Buffer {
    const rest = this.#pending;
    this.#pending = noBytes;
    return rest;
  }

  /** Searches a large piece in turns, and masks it where it stands: copying it would hold the loop. */
  async #pushLarge(piece: Buffer, last: boolean): Promise<Buffer> {
    const beyond = largest(this.#secrets.map(({ length }) => length)) - 1;
    await inSlices(piece, last, async (slice) => {
      const start = slice.byteOffset - piece.byteOffset;
      const searched = piece.subarray(start, start + slice.length + beyond);
      for (const { at, length } of occurrences(searched, this.#secrets)) searched.fill(star, at, at + length);
      return false;
    });
    return this.#holdBack(piece, last);
  }

  #holdBack(masked: Buffer, last: boolean): Buffer {
    const held = last ? 0 : largest([0, ...this.#secrets.map((secret) => overlap(masked, secret))]);
    this.#pending = masked.subarray(masked.length - held);
    return held === 0 ? masked : masked.subarray(0, masked.length - held);
  }
}

/** Bytes with stars in the place of each secret, in a copy; the same buffer where there is none. */
function maskSecrets(bytes: Buffer, secrets: readonly Buffer[]): Buffer {
  let masked = bytes;
  for (const { at, length } of occurrences(bytes, secrets)) {
    if (masked === bytes) masked = Buffer.from(bytes);
    masked.fill(star, at, at + length);
  }
  return masked;
}

/** Where secrets stand. */
function* occurrences(
  bytes: Buffer,
  secrets: readonly Buffer[],
): Iterable<{ readonly at: number; readonly length: number }> {
  for (const secret of secrets)
    for (let at = bytes.indexOf(secret); at !== -1; at = bytes.indexOf(secret, at + secret.length))
      yield { at, length: secret.length };
}

/** How many bytes at the end of `bytes` are the beginning of the secret, which is longer. */
function overlap(bytes: Buffer, secret: Buffer): number {
  const most = Math.min(secret.length - 1, bytes.length);
  for (let length = most; length > 0; length -= 1)
    if (bytes.compare(secret, 0, length, bytes.length - length) === 0) return length;
  return 0;
}

/** Bytes that are searched at once. */
const searchedBytesMax = 1_048_576;
const noBytes = Buffer.alloc(0);
