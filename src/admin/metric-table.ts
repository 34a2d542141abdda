/** A metric as it is exposed. */
export interface MetricDefinition {
  readonly kind: "counter" | "gauge" | "histogram";
  /** The meaning of the metric, with its unit unless the name ends in it. */
  readonly help: string;
  /** Label names; their values come from the config or from closed sets, so that clients cannot add series. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets. */
  readonly buckets?: readonly number[];
}

/**
 * Every metric of Tollgate, by name. {@link MetricRegistry} creates metrics from this table alone, and docs/metrics.md is generated from it.
 * Names, kinds and labels are a public contract.
 */
export const metricTable = {
  tollgate_exchanges_total: {
    kind: "counter",
    help: "Exchanges ended and recorded; tokens_from is the record's usage_source.",
    labels: ["ending", "dialect", "tokens_from"],
  },
  tollgate_attempts_total: {
    kind: "counter",
    help: "Upstream attempts by failure class; class is `answered` for those that did not fail.",
    labels: ["backend", "class"],
  },
  tollgate_tokens_total: {
    kind: "counter",
    help: "Tokens of answered exchanges; direction is input or output.",
    labels: ["backend", "direction"],
  },
  tollgate_cost_nano_usd_total: {
    kind: "counter",
    help: "Cost of exchanges, in nano-dollars.",
    labels: ["backend"],
  },
  tollgate_odd_events_total: {
    kind: "counter",
    help: "Events of answers' streams that were passed over, by what was odd: empty, not_json, not_finite (numbers that JSON has not), after_end, unknown_type.",
    labels: ["backend", "kind"],
  },
  tollgate_first_token_seconds: {
    kind: "histogram",
    help: "Time from a request's first byte to its answer's first content.",
    labels: ["backend"],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16, 32],
  },
  tollgate_denied_total: { kind: "counter", help: "Exchanges denied, by error code.", labels: ["code"] },
  tollgate_turned_away_total: {
    kind: "counter",
    help: "Requests refused before their caller was identified; they have no record.",
    labels: ["code"],
  },
  tollgate_credential_guessing_total: {
    kind: "counter",
    help: "Warnings that one source sends many unknown API keys; at most one a minute per source.",
    labels: [],
  },
  tollgate_validations_total: {
    kind: "counter",
    help: "Answer checks by rule and result, over all attempts.",
    labels: ["model", "rule", "result"],
  },
  tollgate_open_exchanges: { kind: "gauge", help: "Exchanges in progress.", labels: [] },
  tollgate_open_holds: { kind: "gauge", help: "Holds open in the ledger.", labels: [] },
  tollgate_hold_ratio: {
    kind: "histogram",
    help: "Cost of an exchange divided by its hold; above 1, the hold did not cover it.",
    labels: ["model"],
    buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.25, 2],
  },
  tollgate_token_ratio: {
    kind: "gauge",
    help: "Billed input tokens divided by counted ones, before correction; a moving average of the most recently billed targets.",
    labels: ["target"],
  },
  tollgate_limit_denied_total: {
    kind: "counter",
    help: "Exchanges denied, by the limit or budget that denied them.",
    labels: ["rule", "unit"],
  },
  tollgate_limit_observed_total: {
    kind: "counter",
    help: "Exchanges that a limit or budget in observe mode would have denied.",
    labels: ["rule", "unit"],
  },
  tollgate_limit_degraded_total: {
    kind: "counter",
    help: "Exchanges answered by another model or cut shorter, by the budget that caused it.",
    labels: ["rule"],
  },
  tollgate_limit_alerts_total: {
    kind: "counter",
    help: "Alert thresholds passed; each counts once per account and window.",
    labels: ["rule", "percent"],
  },
  tollgate_limit_crowded_total: {
    kind: "counter",
    help: "Times a tenant reached its maximum of accounts under a rule, so that new ones shared one.",
    labels: ["rule"],
  },
  tollgate_alerts_lost_total: {
    kind: "counter",
    help: "Alerts that the webhook did not accept.",
    labels: [],
  },
  tollgate_limit_accounts: {
    kind: "gauge",
    help: "Accounts of a rule in use.",
    labels: ["rule", "unit", "window"],
  },
  tollgate_limit_used: {
    kind: "gauge",
    help: "Settled use of all accounts of a rule, in its unit.",
    labels: ["rule", "unit", "window"],
  },
  tollgate_limit_held: {
    kind: "gauge",
    help: "Amount held on all accounts of a rule, in its unit.",
    labels: ["rule", "unit", "window"],
  },
  tollgate_limit_left: {
    kind: "gauge",
    help: "Amount left under a rule that has a single account, in its unit.",
    labels: ["rule", "unit", "window"],
  },
  tollgate_target_state: {
    kind: "gauge",
    help: "1 for a target's current state: healthy, ejected (left out until its time is up), or probing (due to be tried again).",
    labels: ["target", "state"],
  },
  tollgate_target_busy: {
    kind: "gauge",
    help: "Exchanges that a target is answering.",
    labels: ["target"],
  },
  tollgate_target_first_token_seconds: {
    kind: "gauge",
    help: "Time from an attempt's start to its first content, a moving average.",
    labels: ["target"],
  },
  tollgate_target_attempts_total: {
    kind: "counter",
    help: "Attempts that count towards a target's health.",
    labels: ["target"],
  },
  tollgate_target_failures_total: {
    kind: "counter",
    help: "Attempts that count towards a target's health and failed.",
    labels: ["target"],
  },
  tollgate_target_ejections_total: {
    kind: "counter",
    help: "Times a target was ejected.",
    labels: ["target"],
  },
  tollgate_overrides: {
    kind: "gauge",
    help: "Overrides by operators in force.",
    labels: ["action"],
  },
  tollgate_retry_budget_used_ratio: {
    kind: "gauge",
    help: "Retries of the last ten seconds divided by those allowed; from 1 on, plans have one attempt.",
    labels: [],
  },
  tollgate_retries_withheld_total: {
    kind: "counter",
    help: "Exchanges limited to one attempt because the retry budget was used up.",
    labels: [],
  },
  tollgate_sink_waiting_bytes: {
    kind: "gauge",
    help: "Bytes of the usage log not yet delivered to a sink.",
    labels: ["sink"],
  },
  tollgate_sink_retrying: {
    kind: "gauge",
    help: "1 if the last delivery to a sink failed, otherwise 0.",
    labels: ["sink"],
  },
  tollgate_sink_delivered_records: {
    kind: "gauge",
    help: "Records delivered to a sink since the start.",
    labels: ["sink"],
  },
  tollgate_sink_refused_records: {
    kind: "gauge",
    help: "Records that a sink refused since the start, kept in refused-<sink>.jsonl.",
    labels: ["sink"],
  },
  tollgate_config_last_reload_success: {
    kind: "gauge",
    help: "1 if the running config is the file's; 0 if the file is bad and the previous config serves.",
    labels: [],
  },
  tollgate_envoy_restarts_total: {
    kind: "counter",
    help: "Times that `tollgate up` restarted its Envoy after it died.",
    labels: [],
  },
  tollgate_unknown_exchange_total: {
    kind: "counter",
    help: "Attempt streams whose exchange was not open; late is true if it had been closed before.",
    labels: ["late"],
  },
  tollgate_bugs_total: {
    kind: "counter",
    help: "Unexpected exceptions; each failed one stream closed. Always report these.",
    labels: [],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

/** The names of metrics of one kind. */
export type MetricName<Kind extends MetricDefinition["kind"] = MetricDefinition["kind"]> = {
  [Name in keyof typeof metricTable]: (typeof metricTable)[Name]["kind"] extends Kind ? Name : never;
}[keyof typeof metricTable];

/** A value for each label of a metric. */
export type MetricLabels<Name extends MetricName> = Readonly<
  Record<(typeof metricTable)[Name]["labels"][number], string>
>;
