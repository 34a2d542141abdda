import type { Faults } from "./faults.ts";

/** The faults of an instance that no request has to ask for, for good or for a number of requests. */
export class StandingFaults {
  #faults: Faults = {};
  #times = Number.POSITIVE_INFINITY;

  /** Replaces what stands; `times` is how many requests it is for. */
  set(faults: Faults, times = Number.POSITIVE_INFINITY): void {
    this.#faults = faults;
    this.#times = times;
  }

  /** The faults for the request that has now arrived, which uses them up. */
  take(): Faults {
    if (this.#times <= 0) return {};
    this.#times -= 1;
    return this.#faults;
  }

  /** The faults for the next request. */
  get current(): Faults {
    return this.#times > 0 ? this.#faults : {};
  }
}
