import type { Target } from "../plan/plan.ts";
import type { Health } from "./health.ts";
import type { ModelRoute } from "./model-route.ts";

/** Names of the models that one target of several is left to, or none: the next failure there is the client's. */
export function modelsLeftAlone(
  routes: readonly ModelRoute[],
  health: Pick<Health, "state">,
  nowMs: number,
): readonly string[] {
  const notEjected = (target: Target): boolean => health.state(target, nowMs).kind !== "ejected";
  const alone = routes.filter(({ targets }) => targets.length > 1 && targets.filter(notEjected).length < 2);
  return alone.map(({ name }) => name);
}
