import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "../core/clock.ts";
import { GatewayError } from "../core/errors.ts";
import { freeze } from "./checkpoint.ts";
import type { Account } from "./ledger.ts";
import { checkpointName, listSegments, readIfThere, segmentPath, writeCheckpoint } from "./ledger-folder.ts";
import { lockLedger } from "./local-ledger.ts";
import { createMemoryLedger, type MemoryLedger } from "./memory.ts";
import { type AppliedCharges, applyMissingCharges, type RecordSource } from "./missing-charges.ts";

/** The result of a rebuild. */
export interface RebuiltLedger {
  readonly accounts: number;
  readonly charges: readonly AppliedCharges[];
}

/** True if a folder has no ledger: neither a checkpoint nor a journal. */
export async function isLedgerMissing(folder: string): Promise<boolean> {
  try {
    return (
      (await listSegments(folder)).length === 0 &&
      (await readIfThere(join(folder, checkpointName))) === undefined
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}

/** An account that records have charged in a window that still runs; undefined where there is none. Nothing is written. */
export async function chargedByRecords(records: RecordSource): Promise<Account | undefined> {
  const { memory } = await replayRecords(records);
  const balances = await memory.accounts();
  return balances.find(({ used }) => used > 0n)?.account;
}

/**
 * Makes the ledger of a folder that has none from usage records: every charge to a window that still runs, each exchange once. Exchanges that were
 * open when the ledger was lost have no record and are not in it. Throws `ledger_unavailable` where there is a ledger, or a process has the folder.
 */
export async function rebuildLedger(folder: string, records: RecordSource): Promise<RebuiltLedger> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const lock = await lockLedger(folder);
  try {
    if (!(await isLedgerMissing(folder)))
      throw new GatewayError(
        "ledger_unavailable",
        `there is a ledger in ${folder}: move it away to make another from the usage log`,
      );
    const { memory, charges } = await replayRecords(records);
    await writeFile(segmentPath(folder, 1), "", { mode: 0o600, flag: "wx" });
    await writeCheckpoint(folder, freeze(memory.state, systemClock.nowMs()), 1);
    return { accounts: memory.state.table.size, charges };
  } finally {
    await lock.close();
  }
}

async function replayRecords(
  records: RecordSource,
): Promise<{ readonly memory: MemoryLedger; readonly charges: readonly AppliedCharges[] }> {
  const memory = createMemoryLedger({ clock: systemClock });
  const none: ReadonlySet<string> = new Set();
  const charges = await applyMissingCharges(memory.state, records, {
    exchanges: none,
    endsAlone: none,
    checkpoint: { settled: [], atMs: 0 },
    checkpointed: undefined,
  });
  return { memory, charges };
}
