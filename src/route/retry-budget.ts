/** Attempts are counted over this many seconds, each by itself. */
const windowSeconds = 10;

/** Bounds on attempts beyond the first, over the whole gateway. */
export interface RetryLimits {
  /** Percent of the requests. */
  readonly percent: number;
  /** That many in any case: with little traffic a share is nothing. */
  readonly atLeastPerSecond: number;
}

/** Where the budget stands in the window that ends now. */
export interface RetryBudgetUsage {
  readonly requests: number;
  readonly retries: number;
  /** As many retries may be made. */
  readonly allowed: number;
}

/**
 * The share of attempts that may be retries, over the whole gateway: where everything fails, asking twice only doubles what the providers
 * have to bear. Times are monotonic milliseconds.
 */
export class RetryBudget {
  readonly #requests = new Float64Array(windowSeconds);
  readonly #retries = new Float64Array(windowSeconds);
  /** The second that was counted last. */
  #second = 0;

  /** `known`: what another gateway has counted, as if it had happened now. */
  constructor(known?: Pick<RetryBudgetUsage, "requests" | "retries">, nowMs = 0) {
    const at = this.#turn(nowMs);
    this.#requests[at] = known?.requests ?? 0;
    this.#retries[at] = known?.retries ?? 0;
  }

  /** An attempt begins: the first of its request, or a further one. */
  began(attempt: number, nowMs: number): void {
    const at = this.#turn(nowMs);
    const counts = attempt === 1 ? this.#requests : this.#retries;
    counts[at] = (counts[at] ?? 0) + 1;
  }

  /** True if new plans may have only one attempt. Plans already made keep theirs. */
  exhausted(limits: RetryLimits, nowMs: number): boolean {
    return this.used(limits, nowMs) >= 1;
  }

  /** Retries by those that may be made; from 1 on, no more are. */
  used(limits: RetryLimits, nowMs: number): number {
    const { retries, allowed } = this.usage(limits, nowMs);
    return allowed === 0 ? 1 : retries / allowed;
  }

  usage({ percent, atLeastPerSecond }: RetryLimits, nowMs: number): RetryBudgetUsage {
    this.#turn(nowMs);
    const requests = sum(this.#requests);
    const allowed = Math.max((requests * percent) / 100, atLeastPerSecond * windowSeconds);
    return { requests, retries: sum(this.#retries), allowed: Math.floor(allowed) };
  }

  /** Where the second of now is counted; what the window has left behind is forgotten. */
  #turn(nowMs: number): number {
    const second = Math.floor(nowMs / 1_000);
    const passed = Math.min(second - this.#second, windowSeconds);
    for (let back = 0; back < passed; back += 1) {
      this.#requests[(second - back) % windowSeconds] = 0;
      this.#retries[(second - back) % windowSeconds] = 0;
    }
    this.#second = Math.max(this.#second, second);
    return this.#second % windowSeconds;
  }
}

function sum(counts: Float64Array): number {
  let total = 0;
  for (const count of counts) total += count;
  return total;
}
