import type { Clock } from "../../core/clock.ts";
import type { Dialect } from "../../dialect/dialect.ts";
import type { Offload } from "../../dialect/offload/offload.ts";
import type { CredentialFailures } from "../../identity/credential-failures.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import type { Health } from "../../route/health.ts";
import type { Overrides } from "../../route/overrides.ts";
import type { Quality } from "../../route/quality.ts";
import type { RetryBudget } from "../../route/retry-budget.ts";
import type { Calibration } from "../../tokens/calibration/calibration.ts";
import type { CounterOf } from "../../tokens/counters/counter.ts";
import type { UsageRecord } from "../../usage/record.ts";
import type { Intake } from "./intake.ts";
import type { Observer } from "./observer.ts";
import type { Originals } from "./originals.ts";

/** What exchanges use of the process; none of it knows an exchange. */
export interface ExchangeServices {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly dialects: readonly Dialect[];
  readonly counterOf: CounterOf;
  /** Is told what providers bill. */
  readonly calibration: Calibration;
  readonly originals: Originals;
  /** Reads and writes large bodies in other threads. */
  readonly offload: Offload;
  /** Bounds the bodies that are on their way in. */
  readonly intake: Intake;
  /** The health of the targets. */
  readonly health: Health;
  /** The overrides that operators have set. */
  readonly overrides: Overrides;
  /** Counts attempts beyond the first, over all exchanges. */
  readonly retryBudget: RetryBudget;
  /** How often answers pass their checks. */
  readonly quality: Quality;
  /** From 0 to below 1, for shares of traffic. */
  readonly random: () => number;
  /** Takes the one record of an exchange, and its contract's own fields; resolves when a crash can no longer take it. */
  readonly record: (record: UsageRecord, ownFields: ReadonlyMap<string, string> | undefined) => Promise<void>;
  readonly observer: Observer;
  /** Credentials that no identity recognised. */
  readonly credentialFailures: CredentialFailures;
}
