import type { LedgerKind } from "./ledger-kind.ts";
import { local } from "./local.ts";

/** Every type that the config's `ledger` section may have. */
export const ledgerKinds: readonly LedgerKind[] = [local];
