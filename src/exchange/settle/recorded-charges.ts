import type { Snapshot } from "../../config/snapshot.ts";
import type { RecordedAccountCharge, RecordSource } from "../../ledger/missing-charges.ts";
import { lastPlaceOf, recordsAfter } from "../../usage/log-place.ts";
import type { StoredRecord } from "../../usage/read.ts";
import { windowName } from "./record-of.ts";

/** The charges that the records of a usage log name, and the accounts of the config that they belong to. */
export function recordedCharges({
  usageLog,
  policies,
}: Pick<Snapshot, "usageLog" | "policies">): RecordSource {
  return {
    lastOf: (exchangeIds) => lastPlaceOf(usageLog.folder, exchangeIds),
    async *after(place) {
      for await (const { record, place: at } of recordsAfter(usageLog.folder, place))
        yield {
          exchangeId: String(record.exchange_id),
          atMs: Date.parse(String(record.time)),
          place: at,
          charges: chargesOf(record),
        };
    },
    accountOf({ name, key, window }) {
      for (const policy of policies)
        for (const rule of policy.name === name ? policy.rules : []) {
          const account = rule.find(key);
          if (account !== undefined && windowName(account) === window) return account;
        }
      return undefined;
    },
  };
}

function chargesOf({ accounts }: StoredRecord): readonly RecordedAccountCharge[] {
  if (!Array.isArray(accounts)) return [];
  return accounts.map(({ name, key, window, charged }) => ({
    name: String(name),
    key: String(key),
    window: String(window),
    amount: BigInt(String(charged)),
  }));
}
