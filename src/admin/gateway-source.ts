import { join } from "node:path";
import type { Snapshot } from "../config/snapshot.ts";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Steering } from "../exchange/steering.ts";
import type { Health } from "../route/health.ts";
import type { Quality } from "../route/quality.ts";
import type { RetryBudget } from "../route/retry-budget.ts";
import type { AdminSource } from "./admin-source.ts";
import { type AuditEntry, appendAudit } from "./audit-log.ts";
import { type BudgetLedger, ledgerBudgets } from "./ledger-budgets.ts";
import type { Metrics } from "./metrics.ts";
import { type TargetsAnswer, targetRow } from "./targets-api.ts";
import type { UsageJobs } from "./usage-jobs.ts";

/** The parts of a running gateway that the admin interface shows and changes. */
export interface GatewayParts extends Pick<AdminSource, "unreadyReasons" | "ownToken"> {
  /** The running config. */
  readonly snapshot: () => Snapshot;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Pick<Metrics, "contentType" | "render">;
  readonly usage: UsageJobs;
  readonly ledger: BudgetLedger;
  readonly steering: Steering;
  readonly health: Health;
  readonly quality: Quality;
  readonly retryBudget: RetryBudget;
}

/** Presents a running gateway to the admin interface. */
export function adminSourceOf(parts: GatewayParts): AdminSource {
  const { snapshot, clock, log, metrics } = parts;
  const audit = (entry: Omit<AuditEntry, "time">): Promise<void> => {
    const time = new Date(clock.nowMs()).toISOString();
    return appendAudit(join(snapshot().ledger.folder, "audit.jsonl"), { time, ...entry });
  };
  return {
    unreadyReasons: parts.unreadyReasons,
    metrics: async () => ({ contentType: metrics.contentType, text: await metrics.render() }),
    config: () => snapshot().redacted(),
    token: () => snapshot().admin.token,
    ownToken: parts.ownToken,
    usage: parts.usage,
    nowMs: () => clock.nowMs(),
    budgets: ledgerBudgets({ ledger: parts.ledger, policies: () => snapshot().policies, audit }),
    overrides: {
      steering: parts.steering,
      snapshot,
      audit: async (entry) => {
        await audit(entry);
        log.warn(entry, "override changed");
      },
    },
    targets: () => targetsAnswer(parts),
  };
}

function targetsAnswer({ snapshot, clock, health, quality, retryBudget }: GatewayParts): TargetsAnswer {
  const nowMs = clock.monotonicMs();
  // Backends that a reload took out are remembered for a while, and nobody's concern.
  const { backends } = snapshot();
  const targets = health
    .list(nowMs)
    .filter(({ target }) => backends.has(target.slice(0, target.indexOf("/"))))
    .map((target) => targetRow(target, quality.list(target.target, nowMs), nowMs));
  return { targets, retry_budget: retryBudget.usage(snapshot().retries, nowMs) };
}
