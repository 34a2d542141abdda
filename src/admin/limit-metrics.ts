import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import type { Account } from "../ledger/ledger.ts";
import type { RuleTotal } from "../ledger/overview.ts";
import { formatWindow } from "../ledger/window.ts";

const ruleLabels = ["rule", "unit"];
const windowLabels = [...ruleLabels, "window"];

/** Metrics of limits and budgets. Their labels are rules, units and models of the config; keys, which clients bring, are none. */
export class LimitMetrics {
  readonly #denied: Counter;
  readonly #observed: Counter;
  readonly #degraded: Counter;
  readonly #alerts: Counter;
  readonly #alertsLost: Counter;
  readonly #crowded: Counter;
  readonly #holdRatio: Histogram;

  constructor(registry: Registry, totals: () => Promise<readonly RuleTotal[]>) {
    const registers = [registry];
    const counter = (name: string, help: string, labelNames: string[]): Counter =>
      new Counter({ name, help, labelNames, registers });
    this.#denied = counter(
      "tollgate_limit_denied_total",
      "Exchanges refused, by the rule that refused.",
      ruleLabels,
    );
    this.#observed = counter(
      "tollgate_limit_observed_total",
      "Exchanges that a rule in observe mode would have refused.",
      ruleLabels,
    );
    this.#degraded = counter(
      "tollgate_limit_degraded_total",
      "Exchanges answered by another model or shorter, by the budget whose ladder they went down.",
      ["rule"],
    );
    this.#alerts = counter("tollgate_limit_alerts_total", "Thresholds passed, once a window and account.", [
      "rule",
      "percent",
    ]);
    this.#crowded = counter(
      "tollgate_limit_crowded_total",
      "Times that a tenant had so many accounts of a rule that its new ones shared one.",
      ["rule"],
    );
    this.#alertsLost = counter("tollgate_alerts_lost_total", "Alerts that the webhook did not take.", []);
    this.#holdRatio = new Histogram({
      name: "tollgate_hold_ratio",
      help: "What an exchange cost, by what was held for it; above 1 the hold did not cover it.",
      labelNames: ["model"],
      buckets: [0.01, 0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1, 1.25, 2],
      registers,
    });
    standing(registry, totals);
  }

  denied({ name, unit }: Account): void {
    this.#denied.inc({ rule: name, unit });
  }

  observed(accounts: readonly Account[]): void {
    for (const { name, unit } of accounts) this.#observed.inc({ rule: name, unit });
  }

  degraded(rule: string): void {
    this.#degraded.inc({ rule });
  }

  alerted(rule: string, percent: number): void {
    this.#alerts.inc({ rule, percent });
  }

  crowded(rule: string): void {
    this.#crowded.inc({ rule });
  }

  alertLost(): void {
    this.#alertsLost.inc();
  }

  settled(model: string, heldNanoUsd: bigint, costNanoUsd: bigint): void {
    if (heldNanoUsd > 0n) this.#holdRatio.observe({ model }, Number(costNanoUsd) / Number(heldNanoUsd));
  }
}

/** Where rules stand, asked for with the metrics: the sums over their accounts, and what is left where there is but one. */
function standing(registry: Registry, totals: () => Promise<readonly RuleTotal[]>): void {
  // All gauges of one scrape are filled from one look at the ledger.
  let looking: Promise<readonly RuleTotal[]> | undefined;
  const look = (): Promise<readonly RuleTotal[]> => {
    looking ??= totals().finally(() => {
      looking = undefined;
    });
    return looking;
  };
  const gauge = (name: string, help: string, of: (rule: RuleTotal) => bigint | number | undefined): void => {
    new Gauge({
      name,
      help,
      labelNames: windowLabels,
      registers: [registry],
      async collect() {
        const rules = await look();
        this.reset();
        for (const rule of rules) {
          const { name, unit, window } = rule.account;
          const value = of(rule);
          if (value !== undefined)
            this.set({ rule: name, unit, window: formatWindow(window) }, Number(value));
        }
      },
    });
  };
  gauge("tollgate_limit_accounts", "Accounts of a rule in use.", (rule) => rule.accounts);
  gauge(
    "tollgate_limit_used",
    "Settled use of a rule's accounts together, in its unit.",
    (rule) => rule.used,
  );
  gauge("tollgate_limit_held", "Held on a rule's accounts together, in its unit.", (rule) => rule.held);
  gauge("tollgate_limit_left", "Left of a rule that is kept for all together.", (rule) => rule.left);
}
