/** Below this, fresh memory is cheap. */
const leastBytes = 16 << 10;

/** Memory of messages that have been read, kept for the next ones: fresh memory of that size costs more than filling it. */
export class SpareMemory {
  readonly #maxBytes: number;
  /** The one used last is taken first, as it is still in the processor's cache. */
  readonly #spares: Buffer[] = [];
  #bytes = 0;

  /** Keeps at most `maxBytes`. */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Memory of at least so many bytes, with whatever is in it. */
  take(bytes: number): Buffer {
    if (bytes < leastBytes || bytes > this.#maxBytes) return Buffer.allocUnsafe(bytes);
    const size = roundUp(bytes);
    for (let at = this.#spares.length - 1; at >= 0; at--) {
      const spare = this.#spares[at];
      if (spare?.length !== size) continue;
      this.#spares.splice(at, 1);
      this.#bytes -= size;
      return spare;
    }
    return Buffer.allocUnsafeSlow(size);
  }

  /** Takes back what {@link take} gave and nobody looks at any more; what was kept longest gives way. */
  giveBack(memory: Buffer): void {
    if (memory.length < leastBytes || memory.length > this.#maxBytes) return;
    this.#spares.push(memory);
    this.#bytes += memory.length;
    while (this.#bytes > this.#maxBytes) this.#bytes -= this.#spares.shift()?.length ?? 0;
  }
}

/** Four sizes to a doubling, so that messages of about one size share memory and none wastes more than a quarter of it. */
function roundUp(bytes: number): number {
  const step = 2 ** (Math.floor(Math.log2(bytes)) - 2);
  return Math.ceil(bytes / step) * step;
}
