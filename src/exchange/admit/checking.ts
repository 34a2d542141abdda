import { GatewayError } from "../../core/errors.ts";
import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { largeBytesMin } from "../../core/shared-bytes.ts";
import type { Plan } from "../../plan/plan.ts";
import { AnswerCheck, type AnswerEnd, type CheckResult } from "../../validation/answer-check.ts";
import type { AskedFormat } from "../../validation/rule-kind.ts";
import type { BoundRules, Validation } from "../../validation/validation.ts";
import type { Attempt } from "../state/attempt.ts";
import { admitted, type Exchange } from "../state/exchange.ts";
import { spend } from "../state/stages.ts";

/** The checks of a plan's answers, and the rules of this request. Undefined if there are none. */
export interface Checks {
  readonly validation: Validation;
  readonly bound: BoundRules;
}

/** The checks of a plan's answers. Reads the request's response format while the body is still there. */
export function checksOf(exchange: Exchange, plan: Plan): MaybePromise<Checks | undefined> {
  const { original, snapshot, services } = exchange;
  const validation = snapshot.model(plan.model)?.validation;
  // Where nothing is generated there is nothing to check.
  if (validation === undefined || admitted(exchange).facts.outputCap === 0) return undefined;
  const startedMs = services.clock.monotonicMs();
  const asked = validation.asksFormat && original !== undefined ? formatOf(exchange, original) : undefined;
  const ruled = chain(asked, (format) => validation.rulesFor(format, exchange.principal.tenantId));
  return chain(ruled, (bound) => {
    spend(exchange.stages, "validate", startedMs, services.clock);
    return { validation, bound };
  });
}

/** The answer format that a request asks for. */
function formatOf(
  { dialect, principal, services }: Exchange,
  body: Buffer,
): MaybePromise<AskedFormat | undefined> {
  if (body.length < largeBytesMin) return dialect.outputFormat?.(body);
  return services.offload.do(principal.tenantId, { kind: "format", dialect: dialect.name, body });
}

/** Checks an answer that has come whole, or that has lost before, and notes on the attempt what it came to. */
export function concludeCheck(
  exchange: Exchange,
  attempt: Attempt,
  check: AnswerCheck,
  end: AnswerEnd,
): MaybePromise<CheckResult> {
  const { checks, contract } = exchange;
  const { clock, observer, quality } = exchange.services;
  const startedMs = clock.monotonicMs();
  return chain(check.finish(end), (result) => {
    const endedMs = spend(exchange.stages, "validate", startedMs, clock);
    attempt.checked = result;
    attempt.checkedMs += endedMs - startedMs;
    if (checks === undefined) return result;
    const { model } = checks.validation;
    observer.checked(model, result);
    const place = { target: attempt.target.target, model, workflow: contract?.field("workflow") ?? "" };
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

/** A check of an answer that waits for it. Undefined if the plan's answers do not wait. */
export function beginCheck({ checks, plan }: Exchange): AnswerCheck | undefined {
  return checks === undefined || plan?.validated !== true ? undefined : new AnswerCheck(checks.bound);
}
