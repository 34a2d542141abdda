import { configuredModels } from "../config/configured-models.ts";
import type { Snapshot } from "../config/snapshot.ts";
import { formatTarget } from "../plan/plan.ts";
import type { Health, TargetState, TargetStatus, TargetTotal } from "../route/health.ts";
import type { MetricRegistry } from "./metric-registry.ts";
import type { MetricName } from "./metric-table.ts";

/** A configured target, or a pattern of them, as a series of metrics. */
export interface TargetSeries {
  /** As the config has it: `backend/model`, `backend/*`. */
  readonly target: string;
  /** The worst of those it stands for. */
  readonly state: TargetState["kind"];
  readonly busy: number;
  /** The slowest of those it stands for. */
  readonly latencyMs: number | undefined;
  readonly total: TargetTotal;
}

/** The health of a config's targets, as series of metrics. */
export function seriesOf(snapshot: Snapshot, health: Health, nowMs: number): readonly TargetSeries[] {
  const configured = new Set(configuredModels(snapshot).flatMap(({ targets }) => targets.map(formatTarget)));
  return targetSeries([...configured], health.list(nowMs));
}

/**
 * Every configured target with how it does; targets of a pattern are one series, with what concerns all of a backend. Names that clients
 * bring are none, nor are targets that the config no longer has.
 */
export function targetSeries(
  configured: readonly string[],
  known: readonly TargetStatus[],
): readonly TargetSeries[] {
  const series = new Map<string, TargetSeries>(configured.map((target) => [target, { ...unheard, target }]));
  const patterns = configured.filter((target) => target.endsWith("*")).sort((a, b) => b.length - a.length);
  for (const status of known) {
    const { target } = status;
    const name = series.has(target) ? target : patterns.find((one) => target.startsWith(one.slice(0, -1)));
    const sofar = name === undefined ? undefined : series.get(name);
    if (name !== undefined && sofar !== undefined) series.set(name, together(sofar, status));
    else if (target.endsWith("/*")) series.set(target, together({ ...unheard, target }, status));
  }
  return [...series.values()];
}

const unheard: Omit<TargetSeries, "target"> = {
  state: "healthy",
  busy: 0,
  latencyMs: undefined,
  total: { attempts: 0, failures: 0, ejections: 0 },
};

const badness: Readonly<Record<TargetState["kind"], number>> = { healthy: 0, probing: 1, ejected: 2 };

function together(one: TargetSeries, other: TargetStatus): TargetSeries {
  const { kind } = other.state;
  const latencyMs = Math.max(one.latencyMs ?? 0, other.latencyMs ?? 0);
  return {
    target: one.target,
    state: badness[kind] > badness[one.state] ? kind : one.state,
    busy: one.busy + other.busy,
    latencyMs: one.latencyMs === undefined && other.latencyMs === undefined ? undefined : latencyMs,
    total: {
      attempts: one.total.attempts + other.total.attempts,
      failures: one.total.failures + other.total.failures,
      ejections: one.total.ejections + other.total.ejections,
    },
  };
}

type TotalMetric = Extract<MetricName<"counter">, `tollgate_target_${string}`>;

/** Adds the metrics of targets; `targets` is called at each scrape. */
export function addTargetMetrics(registry: MetricRegistry, targets: () => readonly TargetSeries[]): void {
  registry.read("tollgate_target_state", (report) => {
    for (const { target, state } of targets()) report({ target, state }, 1);
  });
  registry.read("tollgate_target_busy", (report) => {
    for (const { target, busy } of targets()) report({ target }, busy);
  });
  registry.read("tollgate_target_first_token_seconds", (report) => {
    for (const { target, latencyMs } of targets())
      if (latencyMs !== undefined) report({ target }, latencyMs / 1_000);
  });
  const total = (name: TotalMetric, of: (total: TargetTotal) => number): void =>
    registry.read(name, (report) => {
      for (const one of targets()) report({ target: one.target }, of(one.total));
    });
  total("tollgate_target_attempts_total", ({ attempts }) => attempts);
  total("tollgate_target_failures_total", ({ failures }) => failures);
  total("tollgate_target_ejections_total", ({ ejections }) => ejections);
}
