import type { ErrorCode } from "../../core/errors.ts";
import type { OddEventKind } from "../../dialect/odd-event.ts";
import type { Account } from "../../ledger/ledger.ts";
import type { UsageRecord } from "../../usage/record.ts";
import type { CheckResult } from "../../validation/answer-check.ts";

/** Is told what happens; counts, and never throws. */
export interface Observer {
  /** A request was refused before anyone was identified; there is no record of it. */
  turnedAway(code: ErrorCode): void;
  /** One source, an address or network, sends ever more unknown credentials. Told once a minute for each. */
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
