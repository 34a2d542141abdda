import { configuredModels } from "../config/configured-models.ts";
import type { Snapshot } from "../config/snapshot.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Health, TargetState } from "../route/health.ts";
import { modelsLeftAlone } from "../route/left-alone.ts";
import type { AlertWebhook } from "./alert-webhook.ts";

/** What {@link reportTargetState} works with. */
export interface TargetEventServices {
  readonly log: Log;
  readonly clock: Clock;
  readonly snapshot: Snapshot;
  readonly health: Health;
  readonly webhook: Pick<AlertWebhook, "send">;
  /** Backends (`alpha/*`) with an alert sent since they last answered; at most one entry a backend. */
  readonly alerted: Set<string>;
}

/**
 * Logs one line when a target is ejected, with the models that have at most one target left, and one when it answers again.
 * A backend that refuses our credentials also sends one alert, until it answers again.
 */
export function reportTargetState(
  target: string,
  state: TargetState,
  nowMs: number,
  { log, clock, snapshot, health, webhook, alerted }: TargetEventServices,
): void {
  if (state.kind === "healthy") {
    alerted.delete(target);
    log.info({ target }, "a target answers again");
    return;
  }
  const ejectedMs = state.kind === "ejected" ? Math.ceil(state.untilMs - nowMs) : 0;
  const models = modelsLeftAlone(configuredModels(snapshot), health, nowMs);
  const fields = { target, why: state.why, ejected_ms: ejectedMs, models_left_alone: models };
  if (state.why === "unavailable")
    log.error(fields, "the provider does not offer this model, or not to this account: change the config");
  else log.warn(fields, "a target is ejected");
  if (state.why !== "refused" || !target.endsWith(allModels) || alerted.has(target)) return;
  alerted.add(target);
  const time = new Date(clock.nowMs()).toISOString();
  const backend = target.slice(0, -allModels.length);
  const id = `${target}|refused|${time}`;
  webhook.send({ id, type: "backend.refused", time, backend, models_left_alone: models });
}

/** The suffix by which health names all models of a backend. */
const allModels = "/*";
