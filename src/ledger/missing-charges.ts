import { comesAfter, type LogPlace } from "../usage/log-place.ts";
import type { Account } from "./ledger.ts";
import type { LedgerState } from "./state.ts";
import { rollingSlices, sliceLengthMs } from "./window.ts";

/** What the record of an exchange says that an account was charged. */
export interface RecordedAccountCharge {
  readonly name: string;
  readonly key: string;
  /** The window as the record names it: `month`, `60000ms`. */
  readonly window: string;
  readonly amount: bigint;
}

/** The charges of one exchange, by its usage record. */
export interface RecordedExchange {
  readonly exchangeId: string;
  /** When the exchange was opened. */
  readonly atMs: number;
  /** Where its record stands in the usage log. */
  readonly place: LogPlace;
  readonly charges: readonly RecordedAccountCharge[];
}

/** What a repair takes from outside the ledger. */
export interface RecordSource {
  /** The last place at which one of these exchanges has its record; undefined: none has one. */
  lastOf(exchangeIds: ReadonlySet<string>): Promise<LogPlace | undefined>;
  /** The records behind a place, all there are without one, in the order they were written. */
  after(place: LogPlace | undefined): AsyncIterable<RecordedExchange>;
  /** The account that the config has for a charge; undefined: none any more. */
  accountOf(charge: RecordedAccountCharge): Account | undefined;
}

/** What became of the charges to one account that the ledger's files had lost. */
export interface AppliedCharges {
  readonly account: string;
  readonly records: number;
  /** Charged again, in the window that each belongs to. */
  readonly charged: bigint;
  /** Not charged: the config has no such account. */
  readonly unknown: bigint;
}

/** What the files that were read say of exchanges and accounts. */
export interface KnownChanges {
  /** Exchanges whose holds were read. */
  readonly exchanges: ReadonlySet<string>;
  /** Exchanges whose end was read and whose hold was not: it was lost with a part of the checkpoint. */
  readonly endsAlone: ReadonlySet<string>;
  /** The moment of the checkpoint: charges before it are in its accounts, holds after it are in the journal. */
  readonly checkpoint: CheckpointMoment;
  /** Ids of the accounts that were read from the checkpoint; undefined: none of it is damaged. */
  readonly checkpointed: ReadonlySet<string> | undefined;
}

/** A moment, as a checkpoint states it. */
export interface CheckpointMoment {
  /** The exchanges that were settled last before it; empty: not known. */
  readonly settled: readonly string[];
  /** Where those have no records, the wall clock has to do; undefined: not known either. */
  readonly atMs: number | undefined;
}

/**
 * Charges what the records say and what the files have lost, each once: an exchange whose hold was read is charged already, or stays open
 * to be settled by its record. Charges whose window is over are passed over. Changes `state` only.
 */
export async function applyMissingCharges(
  state: LedgerState,
  source: RecordSource,
  known: KnownChanges,
): Promise<readonly AppliedCharges[]> {
  const applied = new Map<string, AppliedCharges>();
  const seen = new Set<string>();
  const { checkpoint } = known;
  const mark = await source.lastOf(new Set(checkpoint.settled));
  const isAfterCheckpoint = ({ place, atMs }: RecordedExchange) =>
    mark === undefined ? atMs >= (checkpoint.atMs ?? Number.POSITIVE_INFINITY) : comesAfter(place, mark);
  for await (const exchange of source.after(known.checkpointed === undefined ? mark : undefined)) {
    const { exchangeId, atMs, charges } = exchange;
    // The checkpoint that follows has all that the log has so far.
    state.settled.note(exchangeId);
    if (known.exchanges.has(exchangeId) || seen.has(exchangeId)) continue;
    for (const charge of charges) {
      if (charge.amount <= 0n) continue;
      const account = source.accountOf(charge);
      const isLost =
        isAfterCheckpoint(exchange) ||
        known.endsAlone.has(exchangeId) ||
        (known.checkpointed !== undefined && account !== undefined && !known.checkpointed.has(account.id));
      if (!isLost) continue;
      seen.add(exchangeId);
      const outcome = account === undefined ? "unknown" : applyCharge(state, account, atMs, charge.amount);
      if (outcome !== "lapsed") note(applied, charge, outcome);
    }
  }
  return [...applied.values()];
}

function note(
  applied: Map<string, AppliedCharges>,
  { name, key, window, amount }: RecordedAccountCharge,
  outcome: "charged" | "unknown",
): void {
  const account = [name, key, window].filter((part) => part !== "").join(" ");
  const sum = applied.get(account) ?? { account, records: 0, charged: 0n, unknown: 0n };
  applied.set(account, {
    ...sum,
    records: sum.records + 1,
    [outcome]: sum[outcome] + amount,
  });
}

/** Charges an account in the window of `atMs`; `lapsed`: that window is over, or counts nothing that lasts. */
function applyCharge(
  state: LedgerState,
  account: Account,
  atMs: number,
  amount: bigint,
): "charged" | "lapsed" {
  const { window } = account;
  // A rate refills, and slots of concurrency are free again.
  if (window.kind === "bucket" || window.kind === "open") return "lapsed";
  const row = state.table.find(account) ?? state.touch(atMs, account);
  const counter = state.table.counter(row);
  const newest = state.table.columns.since.get(row);
  const mark = window.kind === "rolling" ? Math.floor(atMs / sliceLengthMs(window.lengthMs)) : atMs;
  // Never back in time: an earlier calendar window than the account's own is over.
  if (mark >= newest) counter.lapse(row, atMs);
  else if (window.kind === "calendar" || mark < newest - rollingSlices) return "lapsed";
  counter.release(row, window.kind === "rolling" ? mark : counter.mark(row), 0n, amount);
  return "charged";
}
