import type { Attributes } from "../../condition/attributes-of.ts";
import type { Snapshot } from "../../config/snapshot.ts";
import type { GatewayError } from "../../core/errors.ts";
import type { Target } from "../../plan/plan.ts";
import type { ModelRoute } from "../../route/model-route.ts";

/** A caller, and the config that its exchange is pinned to. */
export interface Caller {
  readonly snapshot: Snapshot;
  readonly attributes: Attributes;
}

/** The reason why a caller may not use a route: by the name it asked for, or because none of the targets is for this caller. Undefined if it may. */
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
 * The reason why a caller may not use a target's model, under whatever name it asked. Undefined if it may. A spelled-out entry with its own rule is
 * judged by that rule alone.
 */
export function targetRefusal(
  { snapshot, attributes }: Caller,
  { entry }: ModelRoute,
  { model }: Target,
): GatewayError | undefined {
  if (!entry.endsWith("*") && snapshot.hasAccessRule(entry)) return undefined;
  return snapshot.access([model], attributes);
}
