import { z } from "zod";
import { FaultReporter, unwritable } from "../core/fault-reporter.ts";
import { defineLedger } from "./ledger-kind.ts";
import { openLocalLedger } from "./local-ledger.ts";

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
      onCompactionFailed: (error) =>
        log.error({ cause: String(error) }, "the ledger's journal could not be compacted"),
    });
    if (ledger.tornBytes > 0)
      log.warn({ folder, bytes: ledger.tornBytes }, "ledger: a broken last write was cut off the journal");
    return ledger;
  },
});
