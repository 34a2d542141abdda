import type { Clock } from "../../src/core/clock.ts";

/** A clock that stands until it is moved. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** To an instant, forward or back. */
  set(at: string | number): void;
}

/** A clock at an instant. */
export function manualClock(at: string | number): ManualClock {
  let now = Number(new Date(at));
  return {
    nowMs: () => now,
    monotonicMs: () => now,
    advance: (ms) => {
      now += ms;
    },
    set: (to) => {
      now = Number(new Date(to));
    },
  };
}
