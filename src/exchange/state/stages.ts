import type { Clock } from "../../core/clock.ts";

/** The time of each stage of an exchange, in milliseconds of the monotonic clock. Undefined if it was not entered. Stages do not overlap. */
export interface Stages {
  /** Authentication: path and credential to dialect and principal. */
  identify: number | undefined;
  retrieve: number | undefined;
  /** Filtering: what prompt and answer may hold. */
  guard: number | undefined;
  /** Prompt assembly: the request as each target tried is sent it. */
  assemble: number | undefined;
  /** Decisions: request read, contract, route, plan. */
  route: number | undefined;
  count: number | undefined;
  /** Waiting for the ledger. */
  reserve: number | undefined;
  /** Model invocation: from the request's leaving to the last of its answer, our own work on that left out. */
  forward: number | undefined;
  validate: number | undefined;
  /** Lost on targets that failed before the one that answered. */
  fallback: number | undefined;
  /** Response formatting: all work on the answer's bytes. */
  respond: number | undefined;
}

/** Stages before anything has happened. All keys are set from the start, for one hidden class. */
export function newStages(): Stages {
  return {
    identify: undefined,
    retrieve: undefined,
    guard: undefined,
    assemble: undefined,
    route: undefined,
    count: undefined,
    reserve: undefined,
    forward: undefined,
    validate: undefined,
    fallback: undefined,
    respond: undefined,
  };
}

/** Adds the time since a mark to a stage; returns the mark for what comes next. */
export function spend(stages: Stages, stage: keyof Stages, sinceMs: number, clock: Clock): number {
  const nowMs = clock.monotonicMs();
  stages[stage] = (stages[stage] ?? 0) + nowMs - sinceMs;
  return nowMs;
}
