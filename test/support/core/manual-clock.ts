import type { Clock } from "../../../src/core/clock.ts";

/** A clock that stands until it is moved. */
export interface ManualClock extends Clock {
  advance(ms: number): void;
  /** Sets the wall clock forward or back; no time passes. */
  jump(ms: number): void;
  /** To an instant, forward or back. */
  set(at: string | number): void;
}

/** A clock at an instant. */
export function manualClock(at: string | number): ManualClock {
  let now = Number(new Date(at));
  let jumpedMs = 0;
  return {
    nowMs: () => now + jumpedMs,
    monotonicMs: () => now,
    advance: (ms) => {
      now += ms;
    },
    jump: (ms) => {
      jumpedMs += ms;
    },
    set: (to) => {
      now = Number(new Date(to));
    },
  };
}
