/** Gathers slices that mostly follow each other in one buffer, and copies only where they do not. */
export class ByteRuns {
  readonly #runs: Buffer[] = [];

  add(bytes: Buffer): void {
    if (bytes.length === 0) return;
    const last = this.#runs.at(-1);
    const follows =
      last !== undefined &&
      last.buffer === bytes.buffer &&
      last.byteOffset + last.length === bytes.byteOffset;
    if (follows)
      this.#runs[this.#runs.length - 1] = Buffer.from(
        last.buffer,
        last.byteOffset,
        last.length + bytes.length,
      );
    else this.#runs.push(bytes);
  }

  /** Everything added since the last call, in one piece; `like` itself when it is just that. */
  take(like: Buffer): Buffer {
    const runs = this.#runs.splice(0);
    const [only = empty] = runs;
    if (runs.length > 1) return Buffer.concat(runs);
    const same =
      only.buffer === like.buffer && only.byteOffset === like.byteOffset && only.length === like.length;
    return same ? like : only;
  }
}

const empty = Buffer.alloc(0);
