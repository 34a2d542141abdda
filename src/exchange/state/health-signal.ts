import type { FailureClass } from "../../provider/provider.ts";
import { failureRules } from "../../route/failure-rules.ts";
import type { HealthSignal } from "../../route/health.ts";

/** The meaning of a failure for its target's health; `waitMs`: the wait that the target asks for. Undefined where it says nothing of the target. */
export function signalOf(failure: FailureClass, waitMs: number | undefined): HealthSignal | undefined {
  switch (failureRules[failure].ejects) {
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
