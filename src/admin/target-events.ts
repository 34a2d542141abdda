import { configuredModels } from "../config/configured-models.ts";
import type { Snapshot } from "../config/snapshot.ts";
import type { Log } from "../core/log.ts";
import type { Health, Standing } from "../route/health.ts";
import { modelsLeftAlone } from "../route/left-alone.ts";

/** What telling of targets works with. */
export interface TargetEventServices {
  readonly log: Log;
  readonly snapshot: Snapshot;
  readonly health: Health;
}

/** Logs that a target begins to rest, with the models that have one target left at most, or that it answers again: a line for each change. */
export function tellStanding(
  target: string,
  standing: Standing,
  nowMs: number,
  { log, snapshot, health }: TargetEventServices,
): void {
  if (standing.kind === "open") {
    log.info({ target }, "a target answers again");
    return;
  }
  const restsMs = standing.kind === "resting" ? Math.ceil(standing.untilMs - nowMs) : 0;
  const models = modelsLeftAlone(configuredModels(snapshot), health, nowMs);
  log.warn({ target, why: standing.why, rests_ms: restsMs, models_left_alone: models }, "a target rests");
}
