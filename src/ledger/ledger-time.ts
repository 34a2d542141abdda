import type { Clock } from "../core/clock.ts";

/** A wall clock that moves by more than this against the monotonic clock was set; less is a correction of its rate. */
const jumpMs = 60_000;
/** After a jump forward, what seems to have lapsed may still come back for this long. */
const doubtMs = 24 * 3_600_000;
/** A machine's clock may be wrong when it starts; it is set soon after. */
const doubtAtStartMs = 600_000;

/**
 * The ledger's two times. Windows follow the wall clock, which people read and which may be set; rates follow a steady time, which never
 * jumps. Both are whole milliseconds since 1970 and agree when the process starts.
 */
export class LedgerTime {
  readonly #clock: Clock | undefined;
  readonly #steadyBaseMs: number;
  #skewMs = 0;
  #doubtfulUntilMs: number;

  /** Without a clock both times are the same: for replaying a journal, and for reading. */
  constructor(clock?: Clock) {
    this.#clock = clock;
    const startMs = clock === undefined ? 0 : Math.floor(clock.nowMs());
    this.#steadyBaseMs = startMs - (clock?.monotonicMs() ?? 0);
    this.#doubtfulUntilMs = startMs + doubtAtStartMs;
  }

  /** Wall time. Notes whether the clock was set since it was last asked. */
  nowMs(): number {
    if (this.#clock === undefined) return 0;
    const wallMs = Math.floor(this.#clock.nowMs());
    const steadyMs = Math.floor(this.#steadyBaseMs + this.#clock.monotonicMs());
    const skewMs = wallMs - steadyMs;
    if (skewMs - this.#skewMs > jumpMs) this.#doubtfulUntilMs = steadyMs + doubtMs;
    this.#skewMs = skewMs;
    return wallMs;
  }

  /** The steady time at a wall time that {@link nowMs} returned last. */
  steadyMs(wallMs: number): number {
    return wallMs - this.#skewMs;
  }

  /** Lead of the wall clock over the steady time, in milliseconds; below 0 where it was set back. */
  get skewMs(): number {
    return this.#skewMs;
  }

  /** True if the clock was set forward lately: what has lapsed by it must not be forgotten yet. */
  isDoubtful(wallMs: number): boolean {
    return this.steadyMs(wallMs) < this.#doubtfulUntilMs;
  }
}
