import { unreachable } from "../../core/errors.ts";
import type { PlannedTarget } from "../../plan/plan.ts";
import type { FailureClass } from "../../provider/provider.ts";
import { failureRules } from "../../route/failure-rules.ts";
import { contextWindowOf } from "../admit/context-window.ts";
import { stopSince } from "../admit/stopping.ts";
import type { Attempt } from "../state/attempt.ts";
import { clusterOf } from "../state/cluster-of.ts";
import type { Forwarded } from "../state/exchange.ts";

/** Envoy waits up to half as long again as it is told, so that not all come back at once. */
const jitter = 1.5;

/** The attempt that follows a failed one. */
export interface NextAttempt {
  /** Clusters of all attempts, past ones included, if the plan has changed. Undefined if it stands. */
  readonly clusters: readonly string[] | undefined;
  /** The wait before it, in whole seconds. Undefined if it is no longer than a connection takes. */
  readonly waitSec: number | undefined;
}

/**
 * The attempt that follows this one, by the class of its failure. Undefined if none does. `waitMs` is the wait that its target asks for. Changes the
 * plan if the next target is another than planned.
 */
export function planNextAttempt(
  forwarded: Forwarded,
  attempt: Attempt,
  failure: FailureClass,
  waitMs?: number,
): NextAttempt | undefined {
  const { targets } = forwarded.plan;
  const after = targets.slice(attempt.number);
  // A target may have been stopped since the plan was made.
  const left = after.filter(({ target }) => stopSince(forwarded, target) === undefined);
  if (failure === "quality" && asksAnew(forwarded)) return askAnew(forwarded, attempt, left);
  const rule = failureRules[failure];
  switch (rule.next) {
    case "nobody":
      return undefined;
    case "larger-window": {
      const larger = left.filter((one) => hasLargerWindow(forwarded, one, attempt.target));
      return larger.length === after.length ? asPlanned(after) : goOnWith(forwarded, attempt, larger);
    }
    case "next-target":
      if (left.length === 0 && rule.waits && waitMs !== undefined)
        return askAgain(forwarded, attempt, waitMs);
      return left.length === after.length ? asPlanned(after) : goOnWith(forwarded, attempt, left);
    default:
      return unreachable(rule.next);
  }
}

function asPlanned(left: readonly PlannedTarget[]): NextAttempt | undefined {
  return left.length === 0 ? undefined : { clusters: undefined, waitSec: undefined };
}

/** The same target once more, if its wait is one that the model allows and that leaves time for an answer. */
function askAgain(forwarded: Forwarded, attempt: Attempt, waitMs: number): NextAttempt | undefined {
  const { plan } = forwarded;
  const { askedWaitMaxMs, totalMs } = plan.timeouts;
  if (plan.spareAttempts === 0 || askedWaitMaxMs === undefined || waitMs > askedWaitMaxMs) return undefined;
  const waitSec = Math.ceil(waitMs / 1000);
  const startedMs = forwarded.attempts[0]?.startedMs ?? attempt.startedMs;
  const spentMs = forwarded.exchange.services.clock.monotonicMs() - startedMs;
  if (totalMs !== undefined && spentMs + waitSec * 1000 * jitter >= totalMs) return undefined;
  forwarded.plan = { ...plan, spareAttempts: plan.spareAttempts - 1 };
  return goOnWith(forwarded, attempt, [attempt.target], waitSec === 0 ? undefined : waitSec);
}

/** True if the model of an answer that failed its checks may be asked once more, and has not been yet. */
function asksAnew(forwarded: Forwarded): boolean {
  if (forwarded.checks?.validation.onFail !== "reask" || forwarded.plan.spareAttempts === 0) return false;
  return forwarded.attempts.filter(({ judged }) => judged?.class === "quality").length === 1;
}

/** The same target at once, and after it those that were to come. */
function askAnew(
  forwarded: Forwarded,
  attempt: Attempt,
  left: readonly PlannedTarget[],
): NextAttempt | undefined {
  const { plan } = forwarded;
  forwarded.plan = { ...plan, spareAttempts: plan.spareAttempts - 1 };
  return goOnWith(forwarded, attempt, [attempt.target, ...left]);
}

function goOnWith(
  forwarded: Forwarded,
  { number }: Attempt,
  left: readonly PlannedTarget[],
  waitSec?: number,
): NextAttempt | undefined {
  if (left.length === 0) return undefined;
  const { plan } = forwarded;
  const targets = [...plan.targets.slice(0, number), ...left];
  forwarded.plan = { ...plan, targets };
  return { clusters: targets.map(({ target }) => clusterOf(forwarded.exchange, target)), waitSec };
}

/**
 * True if a target is known to take more than the one that the request was too long for: more than its window, or than the request where the window
 * is unknown.
 */
function hasLargerWindow(forwarded: Forwarded, { target }: PlannedTarget, tooSmall: PlannedTarget): boolean {
  const window = contextWindowOf(forwarded.admitted, target);
  return (
    window !== undefined &&
    window > (contextWindowOf(forwarded.admitted, tooSmall.target) ?? tooSmall.inputTokens)
  );
}
