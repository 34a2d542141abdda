import { configuredModels } from "../config/configured-models.ts";
import type { Snapshot } from "../config/snapshot.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Health, Standing } from "../route/health.ts";
import { modelsLeftAlone } from "../route/left-alone.ts";
import type { AlertWebhook } from "./alert-webhook.ts";

/** What telling of targets works with. */
export interface TargetEventServices {
  readonly log: Log;
  readonly clock: Clock;
  readonly snapshot: Snapshot;
  readonly health: Health;
  readonly webhook: Pick<AlertWebhook, "send">;
  /** Backends (`alpha/*`) that an alert was sent of, and that have not answered since; at most as many as there are backends. */
  readonly alerted: Set<string>;
}

/**
 * Logs that a target begins to rest, with the models that have one target left at most, or that it answers again: a line for each change.
 * Of a backend that refuses our credentials an alert is sent, too, once until it answers again.
 */
export function tellStanding(
  target: string,
  standing: Standing,
  nowMs: number,
  { log, clock, snapshot, health, webhook, alerted }: TargetEventServices,
): void {
  if (standing.kind === "open") {
    alerted.delete(target);
    log.info({ target }, "a target answers again");
    return;
  }
  const restsMs = standing.kind === "resting" ? Math.ceil(standing.untilMs - nowMs) : 0;
  const models = modelsLeftAlone(configuredModels(snapshot), health, nowMs);
  const fields = { target, why: standing.why, rests_ms: restsMs, models_left_alone: models };
  if (standing.why === "unavailable")
    log.error(
      fields,
      "the provider does not have this model, or no longer, or not for this account: change the config",
    );
  else log.warn(fields, "a target rests");
  if (standing.why !== "refused" || !target.endsWith(allModels) || alerted.has(target)) return;
  alerted.add(target);
  const time = new Date(clock.nowMs()).toISOString();
  const backend = target.slice(0, -allModels.length);
  const id = `${target}|refused|${time}`;
  webhook.send({ id, type: "backend.refused", time, backend, models_left_alone: models });
}

/** How health calls all of a backend. */
const allModels = "/*";
