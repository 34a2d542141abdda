import { GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { AnswerCheck, type AnswerEnd, type CheckResult } from "../../validation/answer-check.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Forwarded } from "../state/exchange.ts";
import { spend } from "../state/stages.ts";

/** A check of an answer that waits for it. Undefined if the plan's answers do not wait. */
export function beginCheck({ checks, plan }: Forwarded): AnswerCheck | undefined {
  return checks === undefined || !plan.validated ? undefined : new AnswerCheck(checks.bound);
}

/** Checks an answer that has come whole, or that has failed before, and notes the result on its attempt. */
export function concludeCheck(
  { checks, exchange, admitted }: Forwarded,
  attempt: Attempt,
  check: AnswerCheck,
  end: AnswerEnd,
): MaybePromise<CheckResult> {
  const { clock, observer, quality } = exchange.services;
  const startedMs = clock.monotonicMs();
  return chain(check.finish(end), (result) => {
    const endedMs = spend(exchange.stages, "validate", startedMs, clock);
    attempt.checked = result;
    attempt.checkedMs += endedMs - startedMs;
    if (checks === undefined) return result;
    const { model } = checks.validation;
    observer.checked(model, result);
    const workflow = admitted.contract.field("workflow") ?? "";
    const place = { target: attempt.target.target, model, workflow };
    if (result.result !== "skipped") quality.note(place, result.result === "passed", endedMs);
    return result;
  });
}

/** The client's error for an answer that failed: it names the rules and quotes nothing of the answer. */
export function checkFailure({ failed, bound }: CheckResult): GatewayError {
  const why = bound === undefined ? "" : `: ${bounds[bound]}`;
  return new GatewayError("validation_failed", `the model's answer failed ${failed.join(", ")}${why}`);
}

const bounds = { large: "it is too long to check", slow: "checking it took too long" } as const;
