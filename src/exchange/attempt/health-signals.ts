import type { FailureClass } from "../../provider/provider.ts";
import { failureRules } from "../../route/failure-rules.ts";
import type { HealthSignal } from "../../route/health.ts";
import type { Attempt } from "../state/attempt.ts";
import type { Exchange } from "../state/exchange.ts";

/** Tells the targets' health that an attempt gave its first content, or its whole answer. */
export function noteAnswer(exchange: Exchange, attempt: Attempt): void {
  if (attempt.signed) return;
  attempt.signed = true;
  const { clock, health } = exchange.services;
  const now = clock.monotonicMs();
  health.note(attempt.target.target, { kind: "answered" }, now);
  health.firstToken(attempt.target.target, now - attempt.startedMs);
}

/** Tells the targets' health that an attempt failed, and how long its target asks to be left alone; what was the client's own fault says nothing about the target. */
export function noteFailure(
  exchange: Exchange,
  attempt: Attempt,
  failure: FailureClass,
  waitMs?: number,
): void {
  if (attempt.signed) return;
  attempt.signed = true;
  const { clock, health } = exchange.services;
  const { target } = attempt.target;
  const sign = signalOf(failure, waitMs);
  if (sign !== undefined) health.note(target, sign, clock.monotonicMs());
}

/** Tells the targets' health that an answer which had begun well fell silent. */
export function noteStall(exchange: Exchange, { target }: Attempt): void {
  const { clock, health } = exchange.services;
  health.note(target.target, { kind: "failed" }, clock.monotonicMs());
}

function signalOf(failure: FailureClass, waitMs: number | undefined): HealthSignal | undefined {
  switch (failureRules[failure].rests) {
    case undefined:
      return undefined;
    case "refused":
      return { kind: "refused" };
    case "unavailable":
      return { kind: "unavailable" };
    case "throttled":
      return { kind: "throttled", askedWaitMs: waitMs };
    case "errors":
      // A 503 says how long, too.
      return waitMs === undefined ? { kind: "failed" } : { kind: "throttled", askedWaitMs: waitMs };
  }
}
