import { unreachable } from "../core/errors.ts";
import type { PlannedTarget } from "../plan/plan.ts";
import type { FailureClass } from "../provider/provider.ts";
import { failureRules } from "../route/failure-rules.ts";
import type { Attempt } from "./attempt.ts";
import { clusterOf } from "./cluster-of.ts";
import { type Exchange, planned } from "./exchange.ts";
import { contextWindowOf } from "./routing.ts";
import { stopSince } from "./stopping.ts";

/** Envoy waits up to half as long again as it is told, so that not all come back at once. */
const jitter = 1.5;

/** The attempt that follows a failed one. */
export interface Following {
  /** Clusters of all attempts, those made included, where the plan has changed; undefined: it stands. */
  readonly clusters: readonly string[] | undefined;
  /** How long to wait before it, in whole seconds; undefined: no longer than a connection takes. */
  readonly waitSec: number | undefined;
}

/** Who is asked after this attempt, by how it failed; undefined: nobody. `waitMs`: how long its target asks to be left alone. Changes the plan where others are asked than it says. */
export function follow(
  exchange: Exchange,
  attempt: Attempt,
  failure: FailureClass,
  waitMs?: number,
): Following | undefined {
  const { targets } = planned(exchange);
  const after = targets.slice(attempt.number);
  // Since the plan was made, somebody may have been stopped.
  const left = after.filter(({ target }) => stopSince(exchange, target) === undefined);
  if (failure === "quality" && asksAnew(exchange)) return askAnew(exchange, attempt, left);
  const rule = failureRules[failure];
  switch (rule.next) {
    case "nobody":
      return undefined;
    case "larger-window": {
      const larger = left.filter((one) => hasLargerWindow(exchange, one, attempt.target));
      return larger.length === after.length ? asPlanned(after) : goOnWith(exchange, attempt, larger);
    }
    case "next-target":
      if (left.length === 0 && rule.waits && waitMs !== undefined) return askAgain(exchange, attempt, waitMs);
      return left.length === after.length ? asPlanned(after) : goOnWith(exchange, attempt, left);
    default:
      return unreachable(rule.next);
  }
}

function asPlanned(left: readonly PlannedTarget[]): Following | undefined {
  return left.length === 0 ? undefined : { clusters: undefined, waitSec: undefined };
}

/** The same target once more, if its wait is one that the model allows and that leaves time for an answer. */
function askAgain(exchange: Exchange, attempt: Attempt, waitMs: number): Following | undefined {
  const plan = planned(exchange);
  const { askedWaitMaxMs, totalMs } = plan.timeouts;
  if (plan.spareAttempts === 0 || askedWaitMaxMs === undefined || waitMs > askedWaitMaxMs) return undefined;
  const waitSec = Math.ceil(waitMs / 1000);
  const startedMs = exchange.attempts[0]?.startedMs ?? attempt.startedMs;
  const spentMs = exchange.services.clock.monotonicMs() - startedMs;
  if (totalMs !== undefined && spentMs + waitSec * 1000 * jitter >= totalMs) return undefined;
  exchange.plan = { ...plan, spareAttempts: plan.spareAttempts - 1 };
  return goOnWith(exchange, attempt, [attempt.target], waitSec === 0 ? undefined : waitSec);
}

/** Whether the model of an answer that failed its checks is asked once more, and has not been yet. */
function asksAnew(exchange: Exchange): boolean {
  if (exchange.checks?.validation.onFail !== "reask" || planned(exchange).spareAttempts === 0) return false;
  return exchange.attempts.filter(({ judged }) => judged?.class === "quality").length === 1;
}

/** The same target at once, and after it those that were to come. */
function askAnew(
  exchange: Exchange,
  attempt: Attempt,
  left: readonly PlannedTarget[],
): Following | undefined {
  const plan = planned(exchange);
  exchange.plan = { ...plan, spareAttempts: plan.spareAttempts - 1 };
  return goOnWith(exchange, attempt, [attempt.target, ...left]);
}

function goOnWith(
  exchange: Exchange,
  { number }: Attempt,
  left: readonly PlannedTarget[],
  waitSec?: number,
): Following | undefined {
  if (left.length === 0) return undefined;
  const plan = planned(exchange);
  const targets = [...plan.targets.slice(0, number), ...left];
  exchange.plan = { ...plan, targets };
  return { clusters: targets.map(({ target }) => clusterOf(exchange, target)), waitSec };
}

/** Whether a target is known to hold more than the one that the request was too long for: than its window, or than the request where nobody knows that. */
function hasLargerWindow(exchange: Exchange, { target }: PlannedTarget, tooSmall: PlannedTarget): boolean {
  const window = contextWindowOf(exchange, target);
  return (
    window !== undefined && window > (contextWindowOf(exchange, tooSmall.target) ?? tooSmall.inputTokens)
  );
}
