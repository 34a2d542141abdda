import type { RateLimit } from "./limits.ts";

/** Below this share of its burst a bucket is strained. */
const easyShare = 0.9;

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
    if (this.strained) this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** True if more has been taken lately than an ordinary client takes. */
  get strained(): boolean {
    return this.#tokens < this.#limit.burst * easyShare;
  }

  /** Gives back what honest work has earned. */
  earn(tokens: number): void {
    this.#tokens = Math.min(this.#limit.burst, this.#tokens + tokens);
  }

  /** Only when the bucket is strained: a full one need not know the time. */
  #refill(): void {
    const nowMs = performance.now();
    this.earn(((nowMs - this.#refilledMs) / 1_000) * this.#limit.perSecond);
    this.#refilledMs = nowMs;
  }
}
