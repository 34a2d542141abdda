import type { RateLimit } from "./limits.ts";

/** A token bucket over one {@link RateLimit}. */
export class RateLimiter {
  readonly #limit: RateLimit;
  #tokens: number;
  #refilledMs = performance.now();

  constructor(limit: RateLimit) {
    this.#limit = limit;
    this.#tokens = limit.burst;
  }

  /** Takes one token; false when there is none. */
  take(): boolean {
    if (this.#tokens < 1) this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Gives back what honest work has earned. */
  earn(tokens: number): void {
    this.#tokens = Math.min(this.#limit.burst, this.#tokens + tokens);
  }

  /** Only when the bucket is empty: a full one need not know the time. */
  #refill(): void {
    const nowMs = performance.now();
    this.earn(((nowMs - this.#refilledMs) / 1_000) * this.#limit.perSecond);
    this.#refilledMs = nowMs;
  }
}
