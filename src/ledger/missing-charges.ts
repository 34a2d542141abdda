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
  readonly charges: readonly RecordedAccountCharge[];
}

/** What a repair takes from outside the ledger. */
export interface RecordSource {
  /** The records of exchanges that were opened since then, of all there are without it; about in the order they were written. */
  since(sinceMs: number | undefined): AsyncIterable<RecordedExchange>;
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
  /** Since when every hold stands in the journal: before that, in the accounts of the checkpoint alone. */
  readonly sinceMs: number | undefined;
  /** Ids of the accounts that were read from the checkpoint; undefined: none of it is damaged. */
  readonly checkpointed: ReadonlySet<string> | undefined;
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
  const sinceMs = known.checkpointed === undefined ? known.sinceMs : undefined;
  for await (const { exchangeId, atMs, charges } of source.since(sinceMs)) {
    if (known.exchanges.has(exchangeId) || seen.has(exchangeId)) continue;
    for (const charge of charges) {
      if (charge.amount <= 0n) continue;
      const account = source.accountOf(charge);
      const isLost =
        atMs >= (known.sinceMs ?? Number.POSITIVE_INFINITY) ||
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
