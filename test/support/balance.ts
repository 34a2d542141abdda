import type { Snapshot } from "../../src/config/snapshot.ts";
import type { Balance, Ledger } from "../../src/ledger/ledger.ts";
import { admission } from "./admission.ts";

/** Where the accounts stand that a request with these fields would be charged to. */
export async function balancesOf(
  ledger: Pick<Ledger, "read">,
  snapshot: Snapshot,
  fields: Readonly<Record<string, string>>,
): Promise<readonly Balance[]> {
  const asked = admission(fields, { hold: { costNanoUsd: 1n } });
  const accounts = snapshot.policies.flatMap((policy) => {
    const verdict = policy.judge({ ...asked, nowMs: Date.now() });
    return verdict.kind === "allow" ? verdict.claims.map(({ account }) => account) : [];
  });
  return ledger.read(accounts);
}
