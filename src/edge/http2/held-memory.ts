/** Whoever holds memory for a client, and can be made to let go of it. */
export interface MemoryHolder {
  /** What it holds now, in bytes. */
  readonly heldBytes: number;
  /** Ends it, and with it all it holds. */
  evict(): void;
}

/** What all connections of one edge hold for their clients: calls, messages that are not complete, answers that are not read. */
export class HeldMemory {
  readonly #limitBytes: number;
  readonly #holders: Iterable<MemoryHolder>;
  #heldBytes = 0;

  constructor(limitBytes: number, holders: Iterable<MemoryHolder>) {
    this.#limitBytes = limitBytes;
    this.#holders = holders;
  }

  /** Notes what one connection holds more, or less, than it said last. Above the limit the one that holds the most has to go. */
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
