import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import type { ErrorCode } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { Observer } from "../exchange/services.ts";
import type { Account } from "../ledger/ledger.ts";
import type { RuleTotal } from "../ledger/overview.ts";
import { type OverrideAction, overrideActions } from "../route/override.ts";
import type { TargetRatio } from "../tokens/calibration.ts";
import type { UsageRecord } from "../usage/record.ts";
import type { DeliveryHealth } from "../usage/sink/delivery.ts";
import { type CheckResult, ruleResults } from "../validation/answer-check.ts";
import { LimitMetrics } from "./limit-metrics.ts";
import { Tally } from "./tally.ts";
import { addTargetMetrics, type TargetSeries } from "./target-metrics.ts";
import { UnansweredLog } from "./unanswered-log.ts";

/** What is read when the metrics are asked for. */
export interface Gauges {
  openExchanges(): number;
  openHolds(): number;
  /** 1 when the last reload of the config was good. */
  lastReloadGood(): number;
  /** How the usage log's deliveries to its sinks do. */
  deliveries(): readonly DeliveryHealth[];
  /** Where limits and budgets stand. */
  limitTotals(): Promise<readonly RuleTotal[]>;
  /** What is known of each target that was billed; a bounded list. */
  tokenRatios(): readonly TargetRatio[];
  /** How the configured targets do. */
  targets(): readonly TargetSeries[];
  /** Of the retries that may be made, how many were: 1 and above, no more are. */
  retryBudgetUsed(): number;
  /** What operators have in force, by action. */
  overrides(action: OverrideAction): number;
}

/** Prometheus metrics. Every label's values come from the config or from closed tables, so that no client can add series. */
export class Metrics implements Observer {
  readonly limits: LimitMetrics;
  readonly #registry = new Registry();
  readonly #log: Log;
  readonly #unanswered: UnansweredLog;
  readonly #exchanges: Tally;
  readonly #attempts: Tally;
  readonly #tokens: Tally;
  readonly #cost: Tally;
  readonly #denied: Counter;
  readonly #turnedAway: Counter;
  readonly #guessing: Counter;
  readonly #validations: Counter;
  readonly #unknown: Counter;
  readonly #bugs: Counter;
  readonly #retriesWithheld: Counter;
  readonly #firstToken: Histogram;

  constructor(log: Log, gauges: Gauges) {
    this.#log = log;
    this.#unanswered = new UnansweredLog(log);
    const registers = [this.#registry];
    const counter = (name: string, help: string, labelNames: string[]): Counter =>
      new Counter({ name, help, labelNames, registers });
    const tally = (name: string, help: string, labels: readonly string[]): Tally =>
      new Tally({ name, help, labels, registry: this.#registry });
    this.#exchanges = tally("tollgate_exchanges_total", "Exchanges ended and recorded.", [
      "ending",
      "dialect",
      "tokens_from",
    ]);
    this.#attempts = tally(
      "tollgate_attempts_total",
      "Upstream tries, by how they failed; answered ones have class answered.",
      ["backend", "class"],
    );
    this.#tokens = tally("tollgate_tokens_total", "Tokens of answered exchanges.", ["backend", "direction"]);
    this.#cost = tally("tollgate_cost_nano_usd_total", "What exchanges cost, in nano-dollars.", ["backend"]);
    this.#denied = counter("tollgate_denied_total", "Exchanges refused, by error code.", ["code"]);
    this.#turnedAway = counter(
      "tollgate_turned_away_total",
      "Requests refused before anyone was identified; they have no record.",
      ["code"],
    );
    this.#guessing = counter(
      "tollgate_credential_guessing_total",
      "Times that a source was found to send ever more unknown API keys; once a minute for each source.",
      [],
    );
    this.#validations = counter(
      "tollgate_validations_total",
      "Answers checked, by the rule and what it came to; every try counts.",
      ["model", "rule", "result"],
    );
    this.#unknown = counter(
      "tollgate_unknown_exchange_total",
      "Attempt streams whose exchange was not open; late: it was closed before.",
      ["late"],
    );
    this.#bugs = counter("tollgate_bugs_total", "Unexpected exceptions; each failed one stream closed.", []);
    this.#retriesWithheld = counter(
      "tollgate_retries_withheld_total",
      "Exchanges that had one attempt where their model gives more: the retry budget was used up.",
      [],
    );
    this.#firstToken = new Histogram({
      name: "tollgate_first_token_seconds",
      help: "From a request's first byte to its answer's first content.",
      labelNames: ["backend"],
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32],
      registers,
    });
    const gauge = (name: string, help: string, read: () => number): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          this.set(read());
        },
      });
    };
    gauge("tollgate_open_exchanges", "Exchanges under way.", gauges.openExchanges);
    gauge("tollgate_open_holds", "Holds under way in the ledger.", gauges.openHolds);
    gauge(
      "tollgate_config_last_reload_success",
      "1: the running config is the file's; 0: the file was bad and the old config serves.",
      gauges.lastReloadGood,
    );
    gauge(
      "tollgate_retry_budget_used_ratio",
      "Retries of the last ten seconds, by those that may be made; from 1 on plans have one attempt.",
      gauges.retryBudgetUsed,
    );
    this.#addDeliveries(gauges);
    this.#addOverrides(gauges);
    addTargetMetrics(this.#registry, gauges.targets);
    this.limits = new LimitMetrics(this.#registry, gauges.limitTotals);
    this.#addTokenRatios(gauges);
    collectDefaultMetrics({ register: this.#registry });
  }

  /** The exposition format's media type. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  render(): Promise<string> {
    return this.#registry.metrics();
  }

  #addTokenRatios(gauges: Gauges): void {
    new Gauge({
      name: "tollgate_token_ratio",
      help: "Billed input tokens to counted ones, uncorrected: a mean that forgets. The targets billed last.",
      labelNames: ["target"],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const { target, logRatio } of gauges.tokenRatios()) this.set({ target }, Math.exp(logRatio));
      },
    });
  }

  #addOverrides(gauges: Gauges): void {
    new Gauge({
      name: "tollgate_overrides",
      help: "What operators have in force by hand.",
      labelNames: ["action"],
      registers: [this.#registry],
      collect() {
        for (const action of overrideActions) this.set({ action }, gauges.overrides(action));
      },
    });
  }

  #addDeliveries(gauges: Gauges): void {
    const gauge = (name: string, help: string, of: (health: DeliveryHealth) => number): void => {
      new Gauge({
        name,
        help,
        labelNames: ["sink"],
        registers: [this.#registry],
        collect() {
          for (const health of gauges.deliveries()) this.set({ sink: health.sink }, of(health));
        },
      });
    };
    gauge(
      "tollgate_sink_waiting_bytes",
      "Bytes of the usage log not yet delivered.",
      (one) => one.waitingBytes,
    );
    gauge("tollgate_sink_retrying", "1: the last delivery failed.", (one) => (one.state === "ok" ? 0 : 1));
    gauge(
      "tollgate_sink_delivered_records",
      "Records delivered since the start.",
      (one) => one.deliveredRecords,
    );
    gauge(
      "tollgate_sink_refused_records",
      "Records the sink refused, kept in refused-<sink>.jsonl.",
      (one) => one.refusedRecords,
    );
  }

  turnedAway(code: ErrorCode): void {
    this.#turnedAway.inc({ code });
  }

  guessing(source: string): void {
    this.#guessing.inc();
    this.#log.warn(
      { event: "security.credential_guessing", source },
      "ever more unknown API keys come from one source: they are throttled, known keys are not",
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

function backendOf(target: string): string {
  return target.slice(0, target.indexOf("/"));
}
