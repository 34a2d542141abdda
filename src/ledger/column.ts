const firstCapacity = 256;

/** A growing array of 64-bit integers, 0n where nothing was set. Values are kept within ±2^62 so that sums of two never wrap. */
export class Int64Column {
  #values = new BigInt64Array(firstCapacity);

  /** The same values, apart from now on. */
  copy(): Int64Column {
    const copy = new Int64Column();
    copy.#values = this.#values.slice();
    return copy;
  }

  get(row: number): bigint {
    return this.#values[row] ?? 0n;
  }

  set(row: number, value: bigint): void {
    if (row >= this.#values.length) {
      const grown = new BigInt64Array(capacityFor(row));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[row] = value > highest ? highest : value < -highest ? -highest : value;
  }

  add(row: number, delta: bigint): void {
    this.set(row, this.get(row) + delta);
  }
}

/** A growing array of doubles, 0 where nothing was set: instants in milliseconds, and other whole numbers below 2^53. */
export class Float64Column {
  #values = new Float64Array(firstCapacity);

  /** The same values, apart from now on. */
  copy(): Float64Column {
    const copy = new Float64Column();
    copy.#values = this.#values.slice();
    return copy;
  }

  get(row: number): number {
    return this.#values[row] ?? 0;
  }

  set(row: number, value: number): void {
    if (row >= this.#values.length) {
      const grown = new Float64Array(capacityFor(row));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[row] = value;
  }
}

/** A growing array of 32-bit integers, 0 where nothing was set. */
export class Int32Column {
  #values = new Int32Array(firstCapacity);

  /** The same values, apart from now on. */
  copy(): Int32Column {
    const copy = new Int32Column();
    copy.#values = this.#values.slice();
    return copy;
  }

  get(row: number): number {
    return this.#values[row] ?? 0;
  }

  set(row: number, value: number): void {
    if (row >= this.#values.length) {
      const grown = new Int32Array(capacityFor(row));
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[row] = value;
  }

  add(row: number, delta: number): void {
    this.set(row, this.get(row) + delta);
  }
}

const highest = 2n ** 62n;

/** The next power of two that has room for `row`. */
function capacityFor(row: number): number {
  return 2 ** Math.ceil(Math.log2(row + 1));
}
