import { GatewayError } from "../../core/errors.ts";
import type { Target } from "../../plan/plan.ts";
import {
  choosesCallers,
  choosesTargets,
  formatScope,
  type Override,
  type Scoped,
} from "../../route/override.ts";
import type { Admitted, Forwarded } from "../state/exchange.ts";

/** The reason why a request that takes this route is refused whatever its targets. Undefined if it is not stopped. */
export function stopOf(admitted: Admitted, routeName: string): GatewayError | undefined {
  const { overrides, clock } = admitted.exchange.services;
  if (!overrides.any) return undefined;
  const override = overrides.refusing(scopedOf(admitted, routeName), clock.nowMs());
  return override === undefined ? undefined : stopError(override, clock.nowMs());
}

/** The reason why a target is excluded from a request, in words that reveal no names. Undefined if it is not stopped. */
export function whyStopped(admitted: Admitted, target: Target, routeName: string): string | undefined {
  const override = excludingOf(admitted, target, routeName);
  return override === undefined ? undefined : `it is stopped ${untilOf(override)}`;
}

/** The reason why an attempt must not begin that was planned before its target was stopped. Undefined if it may. */
export function stopSince({ admitted, plan }: Forwarded, target: Target): GatewayError | undefined {
  const routeName = plan.model;
  const override = excludingOf(admitted, target, routeName);
  if (override !== undefined) return stopError(override, admitted.exchange.services.clock.nowMs());
  return stopOf(admitted, routeName);
}

/** True if an override has the target asked although it is ejected. */
export function isForced(admitted: Admitted, target: Target, routeName: string): boolean {
  const { overrides, clock } = admitted.exchange.services;
  return overrides.any && overrides.forces(target, scopedOf(admitted, routeName), clock.nowMs());
}

function excludingOf(admitted: Admitted, target: Target, routeName: string): Override | undefined {
  const { overrides, clock } = admitted.exchange.services;
  if (!overrides.any) return undefined;
  return overrides.excluding(target, scopedOf(admitted, routeName), clock.nowMs());
}

/** The request as overrides describe those they are about. */
export function scopedOf({ exchange: { principal }, contract, facts }: Admitted, routeName: string): Scoped {
  return {
    models: [facts.model, routeName],
    tenant: principal.tenantId,
    user: principal.userId,
    key: principal.keyName,
    workflow: contract.field("workflow"),
  };
}

/**
 * The client's error: a stopped caller is refused (403), a stopped model or backend is not available (503). Clients are not told which backends
 * exist, or why they are stopped.
 */
export function stopError(override: Override, nowMs: number): GatewayError {
  const { scope, untilMs } = override;
  const what = choosesTargets(scope) ? "what would answer this request" : formatScope(scope);
  const message = `${what} is stopped ${untilOf(override)}`;
  if (choosesCallers(scope)) return new GatewayError("suspended", message);
  // Others may answer at once what a target does not.
  const known = untilMs !== undefined && !choosesTargets(scope);
  return new GatewayError("stopped", message, known ? { retryAfterMs: untilMs - nowMs } : {});
}

function untilOf({ id, untilMs }: Override): string {
  const until = untilMs === undefined ? "until further notice" : `until ${new Date(untilMs).toISOString()}`;
  return `${until} (${id})`;
}
