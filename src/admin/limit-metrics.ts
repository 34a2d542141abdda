import type { Counter, Histogram } from "prom-client";
import type { Account, RuleTotal } from "../ledger/ledger.ts";
import { formatWindow } from "../ledger/window.ts";
import type { MetricRegistry } from "./metric-registry.ts";
import type { MetricName } from "./metric-table.ts";

/** Metrics of limits and budgets. Labels are rules, units and models of the config, never account keys, which come from clients. */
export class LimitMetrics {
  readonly #denied: Counter<"rule" | "unit">;
  readonly #observed: Counter<"rule" | "unit">;
  readonly #degraded: Counter<"rule">;
  readonly #alerts: Counter<"rule" | "percent">;
  readonly #alertsLost: Counter;
  readonly #crowded: Counter<"rule">;
  readonly #holdRatio: Histogram<"model">;

  constructor(registry: MetricRegistry, totals: () => Promise<readonly RuleTotal[]>) {
    this.#denied = registry.counter("tollgate_limit_denied_total");
    this.#observed = registry.counter("tollgate_limit_observed_total");
    this.#degraded = registry.counter("tollgate_limit_degraded_total");
    this.#alerts = registry.counter("tollgate_limit_alerts_total");
    this.#alertsLost = registry.counter("tollgate_alerts_lost_total");
    this.#crowded = registry.counter("tollgate_limit_crowded_total");
    this.#holdRatio = registry.histogram("tollgate_hold_ratio");
    addTotals(registry, totals);
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

type TotalMetric = Extract<MetricName<"gauge">, `tollgate_limit_${string}`>;

/** Adds the totals of each rule; `left` only for a rule with a single account. */
function addTotals(registry: MetricRegistry, totals: () => Promise<readonly RuleTotal[]>): void {
  // All gauges of one scrape share one read of the ledger.
  let reading: Promise<readonly RuleTotal[]> | undefined;
  const readOnce = (): Promise<readonly RuleTotal[]> => {
    reading ??= totals().finally(() => {
      reading = undefined;
    });
    return reading;
  };
  const add = (name: TotalMetric, of: (rule: RuleTotal) => bigint | number | undefined): void =>
    registry.read(name, async (report) => {
      for (const total of await readOnce()) {
        const { name: rule, unit, window } = total.account;
        const value = of(total);
        if (value !== undefined) report({ rule, unit, window: formatWindow(window) }, Number(value));
      }
    });
  add("tollgate_limit_accounts", ({ accounts }) => accounts);
  add("tollgate_limit_used", ({ used }) => used);
  add("tollgate_limit_held", ({ held }) => held);
  add("tollgate_limit_left", ({ left }) => left);
}
