/** Ids kept: more than exchanges whose records and settlements can come in different orders. */
const idsMax = 1_024;

/**
 * The ids of the exchanges that were settled last. A checkpoint keeps them: the last of their records marks the place in the usage log up to
 * which the checkpoint has every charge. Times cannot mark it, as exchanges share milliseconds and wall clocks go back.
 */
export class RecentSettlements {
  readonly #ids = [] as string[];
  #next = 0;

  note(exchangeId: string): void {
    this.#ids[this.#next] = exchangeId;
    this.#next = (this.#next + 1) % idsMax;
  }

  /** From the oldest. */
  ids(): readonly string[] {
    return [...this.#ids.slice(this.#next), ...this.#ids.slice(0, this.#next)];
  }
}
