import type { Principal } from "../../../src/identity/principal.ts";
import type { HoldAmounts, Plan, PlannedTarget } from "../../../src/plan/plan.ts";
import type { Admission } from "../../../src/policy/admission.ts";

const principal: Principal = {
  tenantId: "acme",
  userId: undefined,
  team: undefined,
  app: undefined,
  roles: ["engineer"],
  keyName: undefined,
  fields: new Map(),
};

/** What a policy judges, with the fields, targets and hold given. */
export function admission(
  fields: Readonly<Record<string, string>>,
  options: { readonly targets?: readonly PlannedTarget[]; readonly hold?: Partial<HoldAmounts> } = {},
): Admission {
  return {
    principal,
    field: (name) => (Object.hasOwn(fields, name) ? fields[name] : undefined),
    attributes: (name) =>
      name === "roles" ? principal.roles : Object.hasOwn(fields, name) ? fields[name] : undefined,
    plan: planOf(options.targets ?? [], options.hold ?? {}),
    nowMs: 0,
  };
}

function planOf(targets: readonly PlannedTarget[], hold: Partial<HoldAmounts>): Plan {
  return {
    model: "one",
    entry: "one",
    targets,
    spareAttempts: 0,
    outputCap: 100,
    choices: 1,
    mode: "plain",
    validated: false,
    timeouts: {
      attemptMs: undefined,
      firstTokenMs: undefined,
      betweenTokensMs: undefined,
      askedWaitMaxMs: undefined,
      totalMs: undefined,
    },
    hold: { costNanoUsd: 0n, inputTokens: 0, outputTokens: 0, ...hold },
  };
}
