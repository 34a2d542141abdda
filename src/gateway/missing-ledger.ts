import type { Snapshot } from "../config/snapshot.ts";
import { GatewayError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { recordedCharges } from "../exchange/settle/recorded-charges.ts";
import { chargedByRecords, isLedgerMissing, rebuildLedger } from "../ledger/rebuild.ts";

/**
 * Handles a start that finds no ledger beside a usage log with charges of windows that still run. `ledger.onMissing` refuses it, rebuilds the ledger
 * from the records, or starts every budget at zero. Throws `ledger_unavailable`.
 */
export async function handleMissingLedger(snapshot: Snapshot, log: Log): Promise<void> {
  const { folder, onMissing } = snapshot.ledger;
  if (!(await isLedgerMissing(folder))) return;
  const records = recordedCharges(snapshot);
  if (onMissing === "rebuild") {
    const { accounts, charges } = await rebuildLedger(folder, records);
    if (charges.length > 0)
      log.warn({ folder, accounts }, "the ledger was missing and was rebuilt from the usage log");
    return;
  }
  const charged = await chargedByRecords(records);
  if (charged === undefined) return;
  if (onMissing === "start-empty") {
    log.warn({ folder }, "the ledger was missing: limits and budgets start at zero");
    return;
  }
  const account = [charged.name, charged.key].filter((part) => part !== "").join(" ");
  throw new GatewayError(
    "ledger_unavailable",
    `the ledger in ${folder} is missing, but the usage log has charges of windows that still run (${account}): \`tollgate ledger rebuild\` makes it again from the usage log; \`ledger: { onMissing: rebuild }\` does so at each such start, \`start-empty\` begins at zero`,
  );
}
