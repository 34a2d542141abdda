import type { ErrorCode } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { OddEventKind } from "../dialect/odd-event.ts";
import type { Observer } from "../exchange/state/observer.ts";
import type { Account, RuleTotal } from "../ledger/ledger.ts";
import { type OverrideAction, overrideActions } from "../route/override.ts";
import type { TargetRatio } from "../tokens/calibration/calibration.ts";
import type { UsageRecord } from "../usage/record.ts";
import type { DeliveryHealth } from "../usage/sink/delivery.ts";
import { type CheckResult, ruleResults } from "../validation/answer-check.ts";
import { LimitMetrics } from "./limit-metrics.ts";
import { MetricRegistry } from "./metric-registry.ts";
import type { MetricName } from "./metric-table.ts";
import { addTargetMetrics, type TargetSeries } from "./target-metrics.ts";
import { UnansweredLog } from "./unanswered-log.ts";

/** Read when metrics are scraped. */
export interface Gauges {
  openExchanges(): number;
  openHolds(): number;
  /** 1 if the last reload of the config succeeded, otherwise 0. */
  lastReloadGood(): number;
  /** The state of the deliveries from the usage log to its sinks. */
  deliveries(): readonly DeliveryHealth[];
  /** Totals of limits and budgets. */
  limitTotals(): Promise<readonly RuleTotal[]>;
  /** The billed-to-counted ratio of recently billed targets; a bounded list. */
  tokenRatios(): readonly TargetRatio[];
  /** The state of the configured targets. */
  targets(): readonly TargetSeries[];
  /** The share of the retry budget in use; from 1 on there are no retries. */
  retryBudgetUsed(): number;
  /** The number of overrides in force with an action. */
  overrides(action: OverrideAction): number;
}

/** Counts what happens, and renders all metrics. Their names, help texts and labels are those of the metric table. */
export class Metrics implements Observer {
  readonly limits: LimitMetrics;
  readonly #registry = new MetricRegistry();
  readonly #log: Log;
  readonly #unanswered: UnansweredLog;
  readonly #exchanges = this.#registry.tally("tollgate_exchanges_total");
  readonly #attempts = this.#registry.tally("tollgate_attempts_total");
  readonly #tokens = this.#registry.tally("tollgate_tokens_total");
  readonly #cost = this.#registry.tally("tollgate_cost_nano_usd_total");
  readonly #denied = this.#registry.counter("tollgate_denied_total");
  readonly #turnedAway = this.#registry.counter("tollgate_turned_away_total");
  readonly #guessing = this.#registry.counter("tollgate_credential_guessing_total");
  readonly #validations = this.#registry.counter("tollgate_validations_total");
  readonly #oddEvents = this.#registry.counter("tollgate_odd_events_total");
  readonly #unknown = this.#registry.counter("tollgate_unknown_exchange_total");
  readonly #bugs = this.#registry.counter("tollgate_bugs_total");
  readonly #retriesWithheld = this.#registry.counter("tollgate_retries_withheld_total");
  readonly #envoyRestarts = this.#registry.counter("tollgate_envoy_restarts_total");
  readonly #firstToken = this.#registry.histogram("tollgate_first_token_seconds");

  constructor(log: Log, gauges: Gauges) {
    this.#log = log;
    this.#unanswered = new UnansweredLog(log);
    const registry = this.#registry;
    registry.read("tollgate_open_exchanges", (report) => report({}, gauges.openExchanges()));
    registry.read("tollgate_open_holds", (report) => report({}, gauges.openHolds()));
    registry.read("tollgate_config_last_reload_success", (report) => report({}, gauges.lastReloadGood()));
    registry.read("tollgate_retry_budget_used_ratio", (report) => report({}, gauges.retryBudgetUsed()));
    registry.read("tollgate_overrides", (report) => {
      for (const action of overrideActions) report({ action }, gauges.overrides(action));
    });
    registry.read("tollgate_token_ratio", (report) => {
      for (const { target, logRatio } of gauges.tokenRatios()) report({ target }, Math.exp(logRatio));
    });
    this.#addDeliveries(gauges);
    addTargetMetrics(registry, gauges.targets);
    this.limits = new LimitMetrics(registry, gauges.limitTotals);
    registry.addProcessMetrics();
  }

  /** The exposition format's media type. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  render(): Promise<string> {
    return this.#registry.render();
  }

  /** The names of all metrics, those of the process included. */
  names(): readonly string[] {
    return this.#registry.names();
  }

  #addDeliveries({ deliveries }: Gauges): void {
    const add = (name: SinkMetric, of: (health: DeliveryHealth) => number): void =>
      this.#registry.read(name, (report) => {
        for (const health of deliveries()) report({ sink: health.sink }, of(health));
      });
    add("tollgate_sink_waiting_bytes", ({ waitingBytes }) => waitingBytes);
    add("tollgate_sink_retrying", ({ state }) => (state === "ok" ? 0 : 1));
    add("tollgate_sink_delivered_records", ({ deliveredRecords }) => deliveredRecords);
    add("tollgate_sink_refused_records", ({ refusedRecords }) => refusedRecords);
  }

  /** `tollgate up` has started another Envoy in place of one that died. */
  envoyRestarted(): void {
    this.#envoyRestarts.inc();
  }

  turnedAway(code: ErrorCode): void {
    this.#turnedAway.inc({ code });
  }

  guessing(source: string): void {
    this.#guessing.inc();
    this.#log.warn(
      { event: "security.credential_guessing", source },
      "one source sends many unknown API keys: it is throttled, known keys are not",
    );
  }

  ended(record: UsageRecord): void {
    const { ending, dialect = "", usage_source: source = "none" } = record;
    this.#exchanges.add(1, ending, dialect, source);
    if (record.error_code !== undefined && ending === "denied") this.#denied.inc({ code: record.error_code });
    if (record.degraded_by !== undefined) this.limits.degraded(record.degraded_by);
    for (const attempt of record.attempts ?? [])
      this.#attempts.add(1, backendOf(attempt.target), attempt.class ?? "answered");
    if (record.model_route === null) return;
    const backend = backendOf(record.model_route);
    this.#cost.add(Number(record.cost_nano_usd ?? 0), backend);
    if (record.input_tokens !== null) this.#tokens.add(record.input_tokens, backend, "input");
    if (record.output_tokens !== null) this.#tokens.add(record.output_tokens, backend, "output");
    if (record.ttft_ms !== undefined) this.#firstToken.observe({ backend }, record.ttft_ms / 1000);
  }

  limited(account: Account): void {
    this.limits.denied(account);
  }

  observed(accounts: readonly Account[]): void {
    this.limits.observed(accounts);
  }

  retriesWithheld(): void {
    this.#retriesWithheld.inc();
  }

  settled(model: string, heldNanoUsd: bigint, costNanoUsd: bigint): void {
    this.limits.settled(model, heldNanoUsd, costNanoUsd);
  }

  checked(model: string, result: CheckResult): void {
    for (const kind of ruleResults)
      for (const rule of result[kind]) this.#validations.inc({ model, rule, result: kind });
  }

  unanswered(backend: string, reason: string): void {
    this.#unanswered.note(backend, reason);
  }

  oddEvents(backend: string, kinds: ReadonlyMap<OddEventKind, number>): void {
    for (const [kind, count] of kinds) this.#oddEvents.inc({ backend, kind }, count);
  }

  unknownExchange(late: boolean): void {
    this.#unknown.inc({ late: String(late) });
  }

  bug(error: unknown, exchangeId: string | undefined): void {
    this.#bugs.inc();
    const { name, stack } = error instanceof Error ? error : { name: typeof error, stack: undefined };
    // The message may quote what was being read; the stack's frames cannot.
    const frames = stack
      ?.split("\n")
      .filter((line) => /^\s+at /.test(line))
      .slice(0, 8);
    this.#log.error(
      { error: name, frames, exchange_id: exchangeId },
      "unexpected error; the stream failed closed",
    );
  }
}

type SinkMetric = Extract<MetricName<"gauge">, `tollgate_sink_${string}`>;

function backendOf(target: string): string {
  return target.slice(0, target.indexOf("/"));
}
