import type { EjectionReason, TargetStatus } from "../route/health.ts";
import type { PassRate } from "../route/quality.ts";
import type { RetryBudgetUsage } from "../route/retry-budget.ts";

/** One target as `/targets` shows it. */
export interface TargetRow {
  /** `backend/model`; `backend/*` for what concerns all models of a backend. */
  readonly target: string;
  readonly state: "healthy" | "ejected" | "probing";
  /** The reason for its ejection; absent unless it is ejected. */
  readonly why?: EjectionReason;
  /** For how much longer it is ejected, in milliseconds. */
  readonly ejected_ms?: number;
  /** Exchanges it is answering. */
  readonly busy: number;
  /** Milliseconds to the first token, lately; absent: not known. */
  readonly first_token_ms?: number;
  /** In the ten seconds that run. */
  readonly attempts: number;
  readonly failures: number;
  /** The share of its answers that pass their checks, by model and workflow. Absent if none was checked lately. */
  readonly checks?: readonly CheckedRow[];
}

/** How often a target's answers pass the checks of one model. */
export interface CheckedRow {
  /** The entry of the config's `models`. */
  readonly model: string;
  /** Absent: over all workflows. */
  readonly workflow?: string;
  /** From 0 to 1, older answers counting less. */
  readonly pass_rate: number;
  /** Answers that is made of, as they count by now. */
  readonly answers: number;
}

/** What `/targets` answers. */
export interface TargetsAnswer {
  readonly targets: readonly TargetRow[];
  /** Attempts beyond the first, in the last ten seconds over the whole gateway. */
  readonly retry_budget: RetryBudgetUsage;
}

/** A target's line. Times are monotonic milliseconds. */
export function targetRow(
  { state, ...status }: TargetStatus,
  rates: readonly PassRate[],
  nowMs: number,
): TargetRow {
  return {
    target: status.target,
    state: state.kind,
    ...(state.kind === "healthy" ? {} : { why: state.why }),
    ...(state.kind === "ejected" ? { ejected_ms: Math.ceil(state.untilMs - nowMs) } : {}),
    busy: status.busy,
    ...(status.latencyMs === undefined ? {} : { first_token_ms: Math.round(status.latencyMs) }),
    attempts: status.attempts,
    failures: status.failures,
    ...(rates.length === 0 ? {} : { checks: rates.map(checkedRow) }),
  };
}

function checkedRow({ model, workflow, passRate, answers }: PassRate): CheckedRow {
  return {
    model,
    ...(workflow === "" ? {} : { workflow }),
    pass_rate: Math.round(passRate * 1_000) / 1_000,
    answers: Math.round(answers * 10) / 10,
  };
}
