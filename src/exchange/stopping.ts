import { GatewayError } from "../core/errors.ts";
import type { Target } from "../plan/plan.ts";
import {
  choosesCallers,
  choosesTargets,
  coversRequest,
  coversTarget,
  formatScope,
  type Override,
  type Scoped,
} from "../route/override.ts";
import type { Exchange } from "./exchange.ts";
import { interrupt } from "./interrupting.ts";

/** Why a request that takes this route is refused whatever its targets; undefined: nobody has stopped it. */
export function stopOf(exchange: Exchange, routeName: string): GatewayError | undefined {
  const { overrides, clock } = exchange.services;
  if (!overrides.any) return undefined;
  const override = overrides.refusing(scopedOf(exchange, routeName), clock.nowMs());
  return override === undefined ? undefined : stopError(override, clock.nowMs());
}

/** Why a target is out of a request's reach, in words that tell no names; undefined: nobody has stopped it. */
export function whyStopped(exchange: Exchange, target: Target, routeName: string): string | undefined {
  const override = excludingOf(exchange, target, routeName);
  return override === undefined ? undefined : `it is stopped ${untilOf(override)}`;
}

/** Why an attempt must not begin, that was planned before somebody stopped it; undefined: it may. */
export function stopSince(exchange: Exchange, target: Target): GatewayError | undefined {
  const routeName = exchange.plan?.model ?? "";
  const override = excludingOf(exchange, target, routeName);
  if (override !== undefined) return stopError(override, exchange.services.clock.nowMs());
  return stopOf(exchange, routeName);
}

/** Whether a target is to be asked although it rests. */
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

/** What a client is told: who calls is refused (403), what would answer is not there (503). Which backends there are, and why, is not the client's business. */
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
