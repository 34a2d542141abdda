import type { Exchange } from "./exchange.ts";

/** Exchanges open at once, at most; above it requests are answered 503. */
export const openExchangesMax = 100_000;
/** Closed exchanges remembered, so that a late stream is told from a forged one. */
export const tombstonesMax = 10_000;

/** Open exchanges by id, and the ids of those closed last. */
export class Registry {
  readonly #open = new Map<string, Exchange>();
  readonly #tombstones = new Set<string>();
  #idle: (() => void)[] = [];

  get size(): number {
    return this.#open.size;
  }

  get full(): boolean {
    return this.#open.size >= openExchangesMax;
  }

  /** Those open, oldest first. */
  exchanges(): Iterable<Exchange> {
    return this.#open.values();
  }

  /** The open exchange that was added first. */
  get oldest(): Exchange | undefined {
    for (const exchange of this.#open.values()) return exchange;
    return undefined;
  }

  add(exchange: Exchange): void {
    this.#open.set(exchange.id, exchange);
  }

  get(id: string): Exchange | undefined {
    return this.#open.get(id);
  }

  /** True for an exchange that was closed not long ago. */
  wasClosed(id: string): boolean {
    return this.#tombstones.has(id);
  }

  /** Takes a closed exchange out and leaves its tombstone. */
  bury(id: string): void {
    if (!this.#open.delete(id)) return;
    this.#tombstones.add(id);
    if (this.#tombstones.size > tombstonesMax) {
      const [oldest] = this.#tombstones;
      if (oldest !== undefined) this.#tombstones.delete(oldest);
    }
    if (this.#open.size > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }

  /** Resolves when no exchange is open. */
  whenIdle(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }
}
