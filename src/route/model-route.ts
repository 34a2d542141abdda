import type { Failover, Target, Timeouts } from "../plan/plan.ts";
import type { Validation } from "../validation/validation.ts";
import type { Candidate, Select } from "./select.ts";

/** How one model name is answered: who may answer, in which order they are tried, and what binds the attempts. */
export interface ModelRoute {
  /** The name as the client wrote it. */
  readonly name: string;
  /** The entry of the config's `models` that has this name: the name itself, or a pattern. */
  readonly entry: string;
  /** At least one; selection puts them in order. */
  readonly candidates: readonly Candidate[];
  /** Behind every candidate, in this order. */
  readonly fallback: readonly Target[];
  /** Candidates and fallbacks; at least one, without repeats. */
  readonly targets: readonly Target[];
  readonly select: Select;
  /** Attempts at most over all targets; at least 1, at most the number of targets. */
  readonly attempts: number;
  readonly failover: Failover;
  /** The checks of its answers. Undefined if there are none. */
  readonly validation: Validation | undefined;
  readonly timeouts: Timeouts;
  /** By latency class, where one has its own. */
  readonly classTimeouts: ReadonlyMap<string, Timeouts>;
}
