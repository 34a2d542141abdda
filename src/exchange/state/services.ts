import type { Clock } from "../../core/clock.ts";
import type { ErrorCode } from "../../core/errors.ts";
import type { Dialect } from "../../dialect/dialect.ts";
import type { MakeTextFilter } from "../../dialect/filter/text-filter.ts";
import type { OddEventKind } from "../../dialect/odd-event.ts";
import type { Offload } from "../../dialect/offload/offload.ts";
import type { CredentialFailures } from "../../identity/credential-failures.ts";
import type { Account, Ledger } from "../../ledger/ledger.ts";
import type { Health } from "../../route/health.ts";
import type { Overrides } from "../../route/overrides.ts";
import type { Quality } from "../../route/quality.ts";
import type { RetryBudget } from "../../route/retry-budget.ts";
import type { Calibration } from "../../tokens/calibration/calibration.ts";
import type { CounterOf } from "../../tokens/counters/counter.ts";
import type { UsageRecord } from "../../usage/record.ts";
import type { CheckResult } from "../../validation/answer-check.ts";
import type { Exchange } from "./exchange.ts";
import type { Intake } from "./intake.ts";
import type { Originals } from "./originals.ts";
import type { Registry } from "./registry.ts";

/** The filter of the texts of one exchange's answer. Undefined: they pass as they are. */
export type FilterOf = (exchange: Exchange) => MakeTextFilter | undefined;

/** The services of exchanges, created once in the composition root. */
export interface Services {
  readonly clock: Clock;
  readonly ledger: Ledger;
  readonly dialects: readonly Dialect[];
  readonly counterOf: CounterOf;
  /** Is told what providers bill. */
  readonly calibration: Calibration;
  readonly registry: Registry;
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
  /** Makes the filter of an answer's texts. Absent, or undefined for an exchange: they pass as they are. */
  readonly filterOf?: FilterOf | undefined;
  readonly observer: Observer;
  /** Credentials that nobody recognised. */
  readonly credentialFailures: CredentialFailures;
  /** True if the gateway should be sent requests. */
  readonly isReady: () => boolean;
  /** Ends an exchange whose barrier is passed; called once for each. */
  readonly settle: (exchange: Exchange) => void;
}

/** Is told what happens; counts, and never throws. */
export interface Observer {
  /** A request was refused before anyone was identified; there is no record of it. */
  turnedAway(code: ErrorCode): void;
  /** One source, an address or network, sends ever more credentials that nobody knows. Told once a minute for each. */
  guessing(source: string): void;
  /** An exchange has ended and was recorded. */
  ended(record: UsageRecord): void;
  /** A limit or budget refused an exchange. */
  limited(account: Account): void;
  /** Limits and budgets in observe mode would have refused an exchange. */
  observed(accounts: readonly Account[]): void;
  /** The retry budget was used up: an exchange has one attempt where its model would give it more. */
  retriesWithheld(): void;
  /** Called with an exchange's hold and cost; `model` is its entry of the config's `models`. */
  settled(model: string, heldNanoUsd: bigint, costNanoUsd: bigint): void;
  /** An answer was checked, the last of several tries or not; `model`: its entry of the config's `models`. */
  checked(model: string, result: CheckResult): void;
  /** A try at a backend had no answer, and Envoy said why. */
  unanswered(backend: string, reason: string): void;
  /** An answer's stream had events that were passed over, by what was odd about them. */
  oddEvents(backend: string, kinds: ReadonlyMap<OddEventKind, number>): void;
  /** An attempt stream asked for an exchange that is not open. */
  unknownExchange(late: boolean): void;
  /** A bug: an assertion or an unexpected exception, with the exchange's id if there was one. */
  bug(error: unknown, exchangeId: string | undefined): void;
}
