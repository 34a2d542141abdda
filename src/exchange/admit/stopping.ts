import { GatewayError } from "../../core/errors.ts";
import type { Target } from "../../plan/plan.ts";
import {
  choosesCallers,
  choosesTargets,
  coversRequest,
  coversTarget,
  formatScope,
  type Override,
  type Scoped,
} from "../../route/override.ts";
import { interrupt } from "../answer/interrupting.ts";
import type { Exchange } from "../state/exchange.ts";

/** The reason why a request that takes this route is refused whatever its targets. Undefined if it is not stopped. */
export function stopOf(exchange: Exchange, routeName: string): GatewayError | undefined {
  const { overrides, clock } = exchange.services;
  if (!overrides.any) return undefined;
  const override = overrides.refusing(scopedOf(exchange, routeName), clock.nowMs());
  return override === undefined ? undefined : stopError(override, clock.nowMs());
}

/** The reason why a target is excluded from a request, in words that reveal no names. Undefined if it is not stopped. */
export function whyStopped(exchange: Exchange, target: Target, routeName: string): string | undefined {
  const override = excludingOf(exchange, target, routeName);
  return override === undefined ? undefined : `it is stopped ${untilOf(override)}`;
}

/** The reason why an attempt must not begin that was planned before its target was stopped. Undefined if it may. */
export function stopSince(exchange: Exchange, target: Target): GatewayError | undefined {
  const routeName = exchange.plan?.model ?? "";
  const override = excludingOf(exchange, target, routeName);
  if (override !== undefined) return stopError(override, exchange.services.clock.nowMs());
  return stopOf(exchange, routeName);
}

/** True if an override has the target asked although it is ejected. */
export function isForced(exchange: Exchange, target: Target, routeName: string): boolean {
  const { overrides, clock } = exchange.services;
  return overrides.any && overrides.forces(target, scopedOf(exchange, routeName), clock.nowMs());
}

/** Ends an exchange at once whose request has left, if the override is about it. Returns whether it was. */
export function cut(exchange: Exchange, override: Override): boolean {
  if (exchange.plan === undefined || exchange.ending !== undefined || !isAbout(exchange, override))
    return false;
  return interrupt(exchange, stopError(override, exchange.services.clock.nowMs()), "cut_by_policy");
}

function isAbout(exchange: Exchange, { scope }: Override): boolean {
  const target = exchange.attempts.at(-1)?.target.target;
  if (target === undefined) return false;
  if (choosesTargets(scope) && !coversTarget(scope, target)) return false;
  return coversRequest(scope, scopedOf(exchange, exchange.plan?.model ?? ""));
}

function excludingOf(exchange: Exchange, target: Target, routeName: string): Override | undefined {
  const { overrides, clock } = exchange.services;
  if (!overrides.any) return undefined;
  return overrides.excluding(target, scopedOf(exchange, routeName), clock.nowMs());
}

function scopedOf({ principal, contract, facts }: Exchange, routeName: string): Scoped {
  return {
    models: [facts?.model ?? "", routeName],
    tenant: principal.tenantId,
    user: principal.userId,
    key: principal.keyName,
    workflow: contract?.field("workflow"),
  };
}

/**
 * The client's error: a stopped caller is refused (403), a stopped model or backend is not available (503). Clients are not told which backends
 * exist, or why they are stopped.
 */
function stopError(override: Override, nowMs: number): GatewayError {
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
