/** Random values from a seed, the same in every run (the generator is mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** An integer from 0 to `bound` - 1. */
  below(bound: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * bound);
  }

  /** True once in `n` times. */
  once(n: number): boolean {
    return this.below(n) === 0;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** Mostly short, now and then up to `max`. */
  length(max: number): number {
    return this.below(this.once(8) ? max + 1 : Math.min(max, 12) + 1);
  }

  bytes(max: number): Buffer {
    const bytes = Buffer.alloc(this.length(max));
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = this.below(256);
    return bytes;
  }

  /** Text of `alphabet`, by whole characters. */
  text(alphabet: string, max: number): string {
    const characters = [...alphabet];
    return Array.from({ length: this.length(max) }, () => this.pick(characters)).join("");
  }

  list<T>(max: number, item: () => T): T[] {
    return Array.from({ length: this.below(max + 1) }, item);
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    for (let i = left.length - 1; i > 0; i -= 1) {
      const j = this.below(i + 1);
      [left[i], left[j]] = [left[j] as T, left[i] as T];
    }
    return left;
  }
}
