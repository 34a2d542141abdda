import { retryAfterMs } from "../core/retry-after.ts";
import type { FailureClass } from "../provider/provider.ts";
import type { Sign } from "../route/health.ts";
import type { Attempt } from "./attempt.ts";
import type { Exchange } from "./exchange.ts";

/** Tells the targets' health that an attempt gave its first content, or its whole answer. */
export function noteAnswer(exchange: Exchange, attempt: Attempt): void {
  if (attempt.signed) return;
  attempt.signed = true;
  const { clock, health } = exchange.services;
  const now = clock.monotonicMs();
  health.note(attempt.target.target, { kind: "answered" }, now);
  health.firstToken(attempt.target.target, now - attempt.startedMs);
}

/** Tells the targets' health that an attempt failed; what was the client's own fault says nothing about the target. */
export function noteFailure(
  exchange: Exchange,
  attempt: Attempt,
  failure: FailureClass,
  retryAfter?: string,
): void {
  if (attempt.signed) return;
  attempt.signed = true;
  const { clock, health } = exchange.services;
  const { target } = attempt.target;
  const sign = signOf(failure, retryAfterMs(retryAfter, clock.nowMs()));
  if (sign !== undefined) health.note(target, sign, clock.monotonicMs());
}

function signOf(failure: FailureClass, waitMs: number | undefined): Sign | undefined {
  switch (failure) {
    case "client_error":
    case "context_length":
    case "content_policy":
      return undefined;
    case "auth_or_quota":
      return { kind: "refused" };
    case "rate_limited":
      return { kind: "throttled", retryAfterMs: waitMs };
    case "overloaded":
    case "timeout":
      return { kind: "failed" };
  }
}
