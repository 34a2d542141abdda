import type { z } from "zod";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { Ledger } from "./ledger.ts";
import type { LedgerEvent } from "./ledger-event.ts";

/** The services that a ledger is opened with, besides its section of the config. */
export interface LedgerServices {
  readonly inputs: {
    /** `ledger.path`, absolute: where the gateway's own state is kept, whatever the kind. */
    readonly folder: string;
  };
  readonly clock: Clock;
  /** Where the ledger logs its faults and recoveries. */
  readonly log: Log;
  /** Told of thresholds passed, resets and grants. Must not throw. */
  readonly onEvent: (event: LedgerEvent) => void;
}

/** One type that the config's `ledger` section may have. */
export interface LedgerKind {
  readonly type: string;
  /** Earlier names of the type, still accepted. */
  readonly formerTypes: readonly string[];
  /** The section's keys besides `type` and `path`, which every ledger has. */
  readonly schema: z.ZodObject;
  /** Opens the ledger; `section` is as parsed by the schema. Throws `ledger_unavailable`. {@link Ledger.close} releases what it acquires. */
  create(section: never, services: LedgerServices): Promise<Ledger>;
}

/** Ties a section's shape to the ledger that is opened with it. */
export function defineLedger<Schema extends z.ZodObject>(kind: {
  readonly type: string;
  readonly formerTypes?: readonly string[];
  readonly schema: Schema;
  create(section: z.output<Schema>, services: LedgerServices): Promise<Ledger>;
}): LedgerKind {
  return { formerTypes: [], ...kind };
}
