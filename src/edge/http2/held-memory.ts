/** Whoever holds memory for a client, and can be made to let go of it. */
export interface MemoryHolder {
  /** Bytes held now. */
  readonly heldBytes: number;
  /** Ends it, and with it all it holds. */
  evict(): void;
}

/** Memory that all connections of one edge hold for their clients: calls, incomplete messages, unread answers. */
export class HeldMemory {
  readonly #limitBytes: number;
  readonly #holders: Iterable<MemoryHolder>;
  #heldBytes = 0;

  constructor(limitBytes: number, holders: Iterable<MemoryHolder>) {
    this.#limitBytes = limitBytes;
    this.#holders = holders;
  }

  /** Notes a change in the bytes that one connection holds. Above the limit, the connection that holds the most is ended. */
  add(bytes: number): void {
    this.#heldBytes += bytes;
    if (bytes > 0 && this.#heldBytes > this.#limitBytes) this.#largest()?.evict();
  }

  #largest(): MemoryHolder | undefined {
    let largest: MemoryHolder | undefined;
    for (const holder of this.#holders)
      if (largest === undefined || holder.heldBytes > largest.heldBytes) largest = holder;
    return largest;
  }
}
