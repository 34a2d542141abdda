import { z } from "zod";
import { FaultReporter, type FaultSubject, unwritable } from "../core/fault-reporter.ts";
import { defineLedger } from "./ledger-kind.ts";
import { openLocalLedger } from "./local-ledger.ts";

const compactions: FaultSubject = {
  what: "the ledger's journal",
  failing: "cannot be compacted",
  recovered: "is compacted again",
  effect: "it grows; requests are served",
};

/** `ledger: { type: local }`: accounts in memory, with a journal on this machine's disk. For one gateway. */
export const local = defineLedger({
  type: "local",
  formerTypes: ["memory"],
  schema: z.strictObject({}),
  async create(_, { inputs: { folder }, clock, log, onEvent }) {
    const ledger = await openLocalLedger({
      folder,
      clock,
      ...new FaultReporter({ log, clock }, unwritable("ledger", "not ready; requests are refused")).hooks,
      onEvent,
      compaction: new FaultReporter({ log, clock }, compactions).hooks,
    });
    if (ledger.tornBytes > 0)
      log.warn(
        { folder, bytes: ledger.tornBytes },
        "ledger: a broken last write was truncated from the journal",
      );
    return ledger;
  },
});
