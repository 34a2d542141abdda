import { smallest } from "../core/extremes.ts";
import type { Log } from "../core/log.ts";
import { closeLost } from "../exchange/settle/lost-exchanges.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { readWrittenSince } from "../usage/read.ts";
import type { UsageRecord } from "../usage/record.ts";

/** Charges and records what a crash left open, before anything new is taken. */
export async function closeLastRun({
  ledger,
  usageFolder,
  record,
  log,
}: {
  readonly ledger: Ledger;
  readonly usageFolder: string;
  readonly record: (record: UsageRecord) => Promise<void>;
  readonly log: Log;
}): Promise<void> {
  const sinceMs = smallest(ledger.lost.map((hold) => hold.openedAtMs));
  const records = readWrittenSince(usageFolder, sinceMs);
  const lost = await closeLost(ledger.lost, { ledger, records, record });
  if (lost > 0) log.warn({ lost }, "the last run ended with open exchanges: each is charged its hold");
}
