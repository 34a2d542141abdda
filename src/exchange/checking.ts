import { GatewayError } from "../core/errors.ts";
import type { Plan } from "../plan/plan.ts";
import { AnswerCheck, type CheckResult } from "../validation/answer-check.ts";
import type { BoundRules } from "../validation/validation.ts";
import type { Attempt } from "./attempt.ts";
import type { Exchange } from "./exchange.ts";

/** The rules that a plan's answers are checked by; undefined: none. Reads the request's own response format while it is there. */
export function checksOf(exchange: Exchange, plan: Plan): BoundRules | undefined {
  const validation = exchange.snapshot.model(plan.model)?.validation;
  if (validation === undefined || !plan.validated) return undefined;
  const { original, dialect } = exchange;
  const asked =
    validation.asksFormat && original !== undefined ? dialect.outputFormat?.(original) : undefined;
  return validation.rulesFor(asked);
}

/** A check of one attempt's answer; undefined: its model asks for none. */
export function beginCheck({ checks }: Exchange): AnswerCheck | undefined {
  return checks === undefined ? undefined : new AnswerCheck(checks);
}

/** Checks an answer that has come whole, and notes on the attempt what it came to. */
export function concludeCheck(
  exchange: Exchange,
  attempt: Attempt,
  check: AnswerCheck,
  end: Parameters<AnswerCheck["finish"]>[0],
): CheckResult {
  const { clock } = exchange.services;
  const startedMs = clock.monotonicMs();
  const result = check.finish(end);
  const tookMs = clock.monotonicMs() - startedMs;
  attempt.checked = result;
  attempt.checkedMs += tookMs;
  exchange.stages.validate = (exchange.stages.validate ?? 0) + tookMs;
  return result;
}

/** What a client is told of an answer that failed: the rules, and nothing of the answer. */
export function checkFailure({ failed, bound }: CheckResult): GatewayError {
  const why =
    bound === undefined ? "" : bound === "large" ? " (it is too long to check)" : " (checking took too long)";
  return new GatewayError("validation_failed", `the model's answer failed ${failed.join(", ")}${why}`);
}
