import type { BudgetsSource } from "./budgets-api.ts";
import type { OverridesSource } from "./overrides-api.ts";
import type { TargetsAnswer } from "./targets-api.ts";
import type { UsageJobs } from "./usage-jobs.ts";

/** The running gateway as the admin interface sees it. Each member is read when a request asks for it. */
export interface AdminSource {
  /** The reasons why the gateway cannot take requests, one per component. An empty list means that it is ready. */
  unreadyReasons(): readonly string[];
  metrics(): Promise<{ readonly contentType: string; readonly text: string }>;
  /** The running config, secrets redacted. */
  config(): unknown;
  /** The token from the config, sent as `Authorization: Bearer`. Undefined if the config sets none. */
  token(): string | undefined;
  /** The token generated at start when the config sets none. Undefined if there is none. */
  ownToken(): string | undefined;
  /** Runs reports on the usage log. */
  readonly usage: UsageJobs;
  /** Wall time. */
  nowMs(): number;
  readonly budgets: BudgetsSource;
  readonly overrides: OverridesSource;
  /** The state of every target, and the retry budget. */
  targets(): TargetsAnswer;
}
