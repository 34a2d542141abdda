import { FaultReporter, type FaultSubject } from "../core/fault-reporter.ts";
import type { UsageLog } from "../usage/log.ts";
import { serialise, type UsageRecord } from "../usage/record.ts";
import type { StateServices } from "./open-state.ts";

/** Keeps a record, with the values of fields that a config defines. Resolves when a crash of the process cannot take it. */
export type KeepRecord = (record: UsageRecord, ownFields?: ReadonlyMap<string, string>) => Promise<void>;

const losses: FaultSubject = {
  what: "usage log",
  failing: "loses records",
  recovered: "keeps records again",
  effect: "the queue to the disk is full",
};

/** Appends records to the usage log, and tells of those that it does not take. */
export function keepRecordsIn(
  usageLog: Pick<UsageLog, "append" | "written">,
  services: Pick<StateServices, "log" | "clock">,
): KeepRecord {
  const reporter = new FaultReporter(services, losses);
  return (record, ownFields) => {
    if (usageLog.append(serialise(record, ownFields))) reporter.recovered();
    else reporter.failed(`the record of ${record.exchange_id} is lost`);
    return usageLog.written();
  };
}
