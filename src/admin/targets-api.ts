import type { Resting, TargetStatus } from "../route/health.ts";
import type { RetryStanding } from "../route/retry-budget.ts";

/** One target as `/targets` shows it. */
export interface TargetRow {
  /** `backend/model`; `backend/*` for what concerns all models of a backend. */
  readonly target: string;
  readonly state: "open" | "resting" | "probe";
  /** Why it rests; absent: it is open. */
  readonly why?: Resting;
  /** For how much longer, in milliseconds. */
  readonly rests_ms?: number;
  /** Exchanges it is answering. */
  readonly busy: number;
  /** Milliseconds to the first token, lately; absent: not known. */
  readonly first_token_ms?: number;
  /** In the ten seconds that run. */
  readonly attempts: number;
  readonly failures: number;
}

/** What `/targets` answers. */
export interface TargetsAnswer {
  readonly targets: readonly TargetRow[];
  /** Attempts beyond the first, in the last ten seconds over the whole gateway. */
  readonly retry_budget: RetryStanding;
}

/** A target's line. Times are monotonic milliseconds. */
export function targetRow({ standing, ...status }: TargetStatus, nowMs: number): TargetRow {
  return {
    target: status.target,
    state: standing.kind,
    ...(standing.kind === "open" ? {} : { why: standing.why }),
    ...(standing.kind === "resting" ? { rests_ms: Math.ceil(standing.untilMs - nowMs) } : {}),
    busy: status.busy,
    ...(status.latencyMs === undefined ? {} : { first_token_ms: Math.round(status.latencyMs) }),
    attempts: status.attempts,
    failures: status.failures,
  };
}
