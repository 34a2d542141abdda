import { copyFileSync, readdirSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "../../../src/core/clock.ts";
import {
  type LocalLedger,
  type LocalLedgerOptions,
  openLocalLedger,
} from "../../../src/ledger/local-ledger.ts";

/** Folders for ledgers that are gone when `remove` is called, and crashes of what is in them. */
export interface LedgerFolders {
  make(): Promise<string>;
  /** A copy of a folder as a killed process would leave it now. */
  crash(folder: string): Promise<string>;
  remove(): Promise<void>;
}

/** Folders in the system's place for temporary files. */
export function ledgerFolders(): LedgerFolders {
  const made: string[] = [];
  const make = async () => {
    const folder = await mkdtemp(join(tmpdir(), "tollgate-ledger-"));
    made.push(folder);
    return folder;
  };
  return {
    make,
    crash: async (folder) => {
      const copy = await make();
      // All at once, and the checkpoint first: whatever a ledger at work does meanwhile, this is one of its states.
      for (const name of readdirSync(folder).sort()) {
        if (!name.endsWith(".bin")) continue;
        try {
          copyFileSync(join(folder, name), join(copy, name));
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
        }
      }
      return copy;
    },
    remove: async () => {
      for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Opens a ledger on a folder; its journal is synced rarely, as no test pulls the plug. */
export function openLedger(
  folder: string,
  clock: Clock,
  options: Partial<LocalLedgerOptions> = {},
): Promise<LocalLedger> {
  return openLocalLedger({ folder, clock, fsyncIntervalMs: 10_000, ...options });
}
