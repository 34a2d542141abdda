import { join } from "node:path";
import type { Snapshot } from "../config/snapshot.ts";
import type { Clock } from "../core/clock.ts";
import { FaultReporter, unwritable } from "../core/fault-reporter.ts";
import { type FolderLock, lockFolder } from "../core/folder-lock.ts";
import type { Log } from "../core/log.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { LedgerEvent } from "../ledger/ledger-event.ts";
import type { Override } from "../route/override.ts";
import { readOverrides } from "../route/overrides-file.ts";
import { type KeptCalibration, openCalibration } from "../tokens/calibration/calibration-file.ts";
import { openUsageLog, type UsageLog } from "../usage/log.ts";
import { handleMissingLedger } from "./missing-ledger.ts";

/** The state that a gateway keeps on disk, locked against other gateways. */
export interface GatewayState {
  readonly overrides: readonly Override[];
  readonly usageLog: UsageLog;
  /** Locks the usage log's folder; the ledger has a separate lock. */
  readonly usageLock: FolderLock;
  readonly ledger: Ledger;
  readonly calibration: KeptCalibration;
}

/** Services for opening the state. */
export interface StateServices {
  readonly clock: Clock;
  readonly log: Log;
  readonly onLedgerEvent: (event: LedgerEvent) => void;
}

/** Opens every file that outlives the process, and has their faults logged from now on. Throws when one is damaged or in use. */
export async function openState(snapshot: Snapshot, services: StateServices): Promise<GatewayState> {
  const usageLock = await lockFolder(snapshot.usageLog.folder, "usage log", "usage-lock");
  try {
    return { usageLock, ...(await openFiles(snapshot, services)) };
  } catch (error) {
    await usageLock.close();
    throw error;
  }
}

async function openFiles(
  snapshot: Snapshot,
  services: StateServices,
): Promise<Omit<GatewayState, "usageLock">> {
  const { clock, log } = services;
  const overrides = await readOverrides(overridesFile(snapshot));
  const usageLog = await openUsageLog({
    folder: snapshot.usageLog.folder,
    clock,
    ...new FaultReporter(services, unwritable("usage log", "not ready; records wait in memory")).hooks,
    onTorn: (torn) => log.warn(torn, "usage log: a broken last write was truncated: its records are lost"),
  });
  await handleMissingLedger(snapshot, log);
  const ledger = await snapshot.ledger.open({ clock, log, onEvent: services.onLedgerEvent });
  const calibrationFile = join(snapshot.ledger.folder, "calibration.json");
  const calibration = await openCalibration(calibrationFile, {
    ...new FaultReporter(services, unwritable("calibration of token counts", "counting goes on")).hooks,
    onDamage: (error) =>
      log.error(
        { file: calibrationFile, cause: String(error) },
        "damaged: calibration of token counts starts again",
      ),
  });
  return { overrides, usageLog, ledger, calibration };
}

/** Where what operators have ordered is kept. */
export function overridesFile(snapshot: Snapshot): string {
  return join(snapshot.ledger.folder, "overrides.json");
}
