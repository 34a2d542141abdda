import { FairShare } from "../../core/fair-share.ts";
import type { Exchange } from "./exchange.ts";

/** Exchanges open at once, at most; tenants share them fairly, and above a share requests are answered 503. */
export const openExchangesMax = 100_000;
/** Closed exchanges remembered, so that a late stream is told from a forged one. */
export const tombstonesMax = 10_000;

/**
 * Where an open exchange is found. A map that grows leaves its old table behind, which V8 chains to the new one: once the first is in the
 * old generation, all that every later one held stays until a full collection. So what the map holds can be emptied.
 */
interface OpenExchange {
  exchange: Exchange | undefined;
}

/** Open exchanges by id, and the ids of those closed last. */
export class Registry {
  readonly #open = new Map<string, OpenExchange>();
  readonly #share = new FairShare(openExchangesMax);
  readonly #tombstones = new Set<string>();
  /** The same in a ring: to find its oldest, a set passes over all that was deleted before, some µs each time. */
  readonly #buried: string[] = [];
  #nextBuried = 0;
  #idle: (() => void)[] = [];

  get size(): number {
    return this.#open.size;
  }

  /** True if a tenant may open one more exchange: one tenant's many half-sent requests must not keep others from being served. */
  hasRoom(tenantId: string): boolean {
    return this.#share.fits(tenantId, 1);
  }

  /** Those open, oldest first. */
  *exchanges(): Iterable<Exchange> {
    for (const { exchange } of this.#open.values()) if (exchange !== undefined) yield exchange;
  }

  add(exchange: Exchange): void {
    this.#open.set(exchange.id, { exchange });
    this.#share.take(exchange.principal.tenantId, 1);
  }

  get(id: string): Exchange | undefined {
    return this.#open.get(id)?.exchange;
  }

  /** True for an exchange that was closed not long ago. */
  wasClosed(id: string): boolean {
    return this.#tombstones.has(id);
  }

  /** Takes a closed exchange out and leaves its tombstone. */
  bury(id: string): void {
    const place = this.#open.get(id);
    if (place === undefined) return;
    if (place.exchange !== undefined) this.#share.release(place.exchange.principal.tenantId, 1);
    place.exchange = undefined;
    this.#open.delete(id);
    this.#entomb(id);
    if (this.#open.size > 0) return;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }

  #entomb(id: string): void {
    const oldest = this.#buried[this.#nextBuried];
    if (oldest !== undefined) this.#tombstones.delete(oldest);
    this.#buried[this.#nextBuried] = id;
    this.#nextBuried = (this.#nextBuried + 1) % tombstonesMax;
    this.#tombstones.add(id);
  }

  /** Resolves when no exchange is open. */
  whenIdle(): Promise<void> {
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }
}
