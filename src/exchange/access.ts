import type { Attributes } from "../condition/attributes-of.ts";
import type { Snapshot } from "../config/snapshot.ts";
import type { GatewayError } from "../core/errors.ts";
import type { Target } from "../plan/plan.ts";
import type { ModelRoute } from "../route/model-route.ts";

/** Who asks, under which config. */
export interface Caller {
  readonly snapshot: Snapshot;
  readonly attributes: Attributes;
}

/** Why a caller may not use a route: by a name it was asked for, or because none of its targets is for this caller; undefined: it may. */
export function accessRefusal(
  caller: Caller,
  asked: readonly string[],
  route: ModelRoute,
): GatewayError | undefined {
  const { snapshot, attributes } = caller;
  const denied = snapshot.access(asked, attributes);
  if (denied !== undefined) return denied;
  const refusals = route.targets.map((target) => targetRefusal(caller, route, target));
  return refusals.every((refusal) => refusal !== undefined) ? refusals[0] : undefined;
}

/**
 * Why a target's model is not for this caller, under whatever name it was asked for; undefined: it is. An entry that is spelled out and
 * has a rule of its own is judged by that alone.
 */
export function targetRefusal(
  { snapshot, attributes }: Caller,
  { entry }: ModelRoute,
  { model }: Target,
): GatewayError | undefined {
  if (!entry.endsWith("*") && snapshot.hasAccessRule(entry)) return undefined;
  return snapshot.access([model], attributes);
}
