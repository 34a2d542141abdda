import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { LedgerEvent } from "../ledger/ledger-event.ts";
import { alertOf, crowdedAlert } from "./alert.ts";
import type { AlertWebhook } from "./alert-webhook.ts";
import type { LimitMetrics } from "./limit-metrics.ts";

/** Receivers of the ledger's events. */
export interface LedgerListeners {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: LimitMetrics;
  readonly webhook: Pick<AlertWebhook, "send">;
}

/** Tells of a threshold and of a tenant with too many accounts by log line, metric and webhook, and of what was done by hand by log line. Never throws. */
export function tellLedgerEvent(event: LedgerEvent, { clock, log, metrics, webhook }: LedgerListeners): void {
  switch (event.kind) {
    case "threshold": {
      const alert = alertOf(event, clock.nowMs());
      log.warn({ alert }, "a budget has passed a threshold");
      metrics.alerted(alert.budget, alert.threshold);
      webhook.send(alert);
      break;
    }
    case "crowded": {
      const alert = crowdedAlert(event, clock.nowMs());
      log.warn({ alert }, "a tenant has too many accounts: its new ones share one");
      metrics.crowded(alert.rule);
      webhook.send(alert);
      break;
    }
    case "reset":
      log.info({ account: event.account.id, by: event.by }, "an account was reset");
      break;
    case "granted":
      log.info(
        { account: event.account.id, amount: event.amount.toString(), by: event.by },
        "a limit was raised",
      );
      break;
  }
}
