import { GatewayError } from "../../core/errors.ts";
import type { Plan } from "../../plan/plan.ts";
import { plannedTransport } from "../admit/transports.ts";
import { Attempt } from "../state/attempt.ts";
import type { Forwarded } from "../state/exchange.ts";

/** The attempt with this number, begun now if it is new; those before it that are not known yet are begun and ended. */
export function attemptAt(forwarded: Forwarded, number: number): Attempt {
  const { admitted, attempts, exchange, plan } = forwarded;
  for (let next = attempts.length + 1; next <= number; next += 1) {
    attempts.at(-1)?.superseded(perTryMs(plan));
    const target = plan.targets[next - 1];
    if (target === undefined)
      throw new GatewayError("internal", `attempt ${number} of a plan of ${plan.targets.length}`);
    attempts.push(new Attempt(next, target, plannedTransport(admitted, target.target), exchange.services));
  }
  const attempt = attempts[number - 1];
  if (attempt === undefined) throw new GatewayError("internal", `there is no attempt ${number}`);
  return attempt;
}

/** The attempts that a plan allows at most. */
export function attemptsMax({ targets, spareAttempts }: Plan): number {
  return targets.length + spareAttempts;
}

/** How the attempts of a plan are judged. A single attempt is not judged, unless its answer must be checked. */
export function modeOf(plan: Plan): Plan["mode"] {
  return attemptsMax(plan) === 1 && !plan.validated ? "plain" : plan.mode;
}

/** The proxy's timeout for each attempt, in milliseconds. */
export function perTryMs(plan: Plan): number | undefined {
  const { attemptMs, firstTokenMs } = plan.timeouts;
  return modeOf(plan) === "guarded" ? (firstTokenMs ?? attemptMs) : attemptMs;
}
