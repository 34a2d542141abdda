/**
 * One amount that many holders share, so that none of them can use up what others need: a holder may take only as long as it then holds no
 * more than is left free. One alone gets half of the total, two greedy ones a third each, and so on (dynamic thresholds, Choudhury and Hahne 1998).
 */
export class FairShare {
  readonly #total: number;
  readonly #held = new Map<string, number>();
  #used = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** Everything held. */
  get used(): number {
    return this.#used;
  }

  /** The amount that one holder has taken. */
  heldBy(holder: string): number {
    return this.#held.get(holder) ?? 0;
  }

  /** True if the holder may take this much more. */
  fits(holder: string, amount: number): boolean {
    return this.heldBy(holder) + amount <= this.#total - this.#used - amount;
  }

  /** Takes an amount, or returns false if the share has no room. Every true must be followed by one `release` of the same amount. */
  take(holder: string, amount: number): boolean {
    if (!this.fits(holder, amount)) return false;
    this.#held.set(holder, this.heldBy(holder) + amount);
    this.#used += amount;
    return true;
  }

  release(holder: string, amount: number): void {
    const left = this.heldBy(holder) - amount;
    if (left > 0) this.#held.set(holder, left);
    else this.#held.delete(holder);
    this.#used -= amount;
  }
}
