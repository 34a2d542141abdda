import { createMemoryLedger } from "../../../src/ledger/memory.ts";
import { ledgerConformance } from "../../conformance/ledger.ts";

ledgerConformance("memory", async (clock) => {
  const ledger = createMemoryLedger({ clock });
  return { ledger, close: () => ledger.close() };
});
