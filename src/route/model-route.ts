import type { Mode, Target, Timeouts } from "../plan/plan.ts";

/** How one model name is answered: its targets in order, and what binds the attempts. */
export interface ModelRoute {
  /** The name as the client wrote it. */
  readonly name: string;
  /** At least one; without repeats. */
  readonly targets: readonly Target[];
  /** Attempts at most over all targets; at least 1, at most the number of targets. */
  readonly attempts: number;
  readonly mode: Mode;
  readonly timeouts: Timeouts;
}
