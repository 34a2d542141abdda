import type { Snapshot } from "../../../src/config/snapshot.ts";
import type { Balance, Ledger } from "../../../src/ledger/ledger.ts";
import type { PlannedTarget } from "../../../src/plan/plan.ts";
import { admission } from "../exchange/admission.ts";

/** Where the accounts stand that a request with these fields, on these targets, would be charged to. */
export async function balancesOf(
  ledger: Pick<Ledger, "read">,
  snapshot: Snapshot,
  fields: Readonly<Record<string, string>>,
  targets: readonly PlannedTarget[] = [],
): Promise<readonly Balance[]> {
  const asked = admission(fields, { targets, hold: { costNanoUsd: 1n } });
  const accounts = snapshot.policies.flatMap((policy) => {
    const judgement = policy.judge?.({ ...asked, nowMs: Date.now() });
    return judgement?.kind === "allow" ? judgement.claims.map(({ account }) => account) : [];
  });
  return ledger.read(accounts);
}
