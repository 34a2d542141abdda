import { z } from "zod";
import { compileCondition } from "../condition/condition.ts";
import { parseUsd } from "../core/money.ts";
import type { Claim } from "../ledger/ledger.ts";
import { roughLengthMs } from "../ledger/window.ts";
import { compileAccounts, forEachBackend, type RuleAccounts } from "./account-rule.ts";
import type { Admission } from "./admission.ts";
import { checkLadders, degradeSection, exceededSection, percent, stepReferences } from "./ladder-section.ts";
import type { Policy } from "./policy.ts";
import { definePolicy } from "./policy-kind.ts";
import {
  checkOverrun,
  checkReset,
  checkRule,
  noteIn,
  overridesOf,
  overrunSection,
  ruleReferences,
  ruleShape,
} from "./rule-section.ts";
import { quotaWindow, resetShape, windowText } from "./window-section.ts";

/** Up to 100 million dollars: far from where 64 bits of nano-dollars end. */
const mostNanoUsd = 100_000_000n * 1_000_000_000n;

/** Decimal dollars, to nano-dollars. */
const usd = z
  .union([z.number(), z.string()], { error: "must be an amount in dollars" })
  .transform((amount, context) => {
    try {
      const nanoUsd = parseUsd(String(amount), 9);
      if (nanoUsd > 0n && nanoUsd <= mostNanoUsd) return nanoUsd;
    } catch {
      // The message below covers every mistake.
    }
    context.issues.push({
      code: "custom",
      input: amount,
      message: "must be more than 0 and at most 100000000 dollars, with at most 9 decimals",
    });
    return z.NEVER;
  });

const schema = z
  .strictObject({
    ...ruleShape,
    usd,
    window: windowText,
    ...resetShape,
    overrides: overridesOf({ usd }),
    /** Told once a window, when settled use passes them. */
    alerts: z.array(percent).max(10).default([]),
    /** Shares of the whole that shorter windows may use. */
    subcaps: z
      .array(z.strictObject({ window: windowText, share: percent }))
      .max(4)
      .default([]),
    overrun: overrunSection,
    degrade: degradeSection,
    exceeded: exceededSection,
  })
  .superRefine((rule, context) => {
    const note = noteIn(context);
    checkRule(rule, note);
    checkReset([rule.window, ...rule.subcaps.map(({ window }) => window)], rule, note);
    checkLadders(rule, note);
    checkOverrun(rule, true, note);
    if (rule.mode === "observe" && rule.alerts.length > 0)
      note(
        ["alerts"],
        "alerts tell of what is enforced: a budget in observe mode only counts what it would have refused",
      );
    for (const [index, subcap] of rule.subcaps.entries())
      if (roughLengthMs(quotaWindow(subcap.window, {})) >= roughLengthMs(quotaWindow(rule.window, {})))
        note(["subcaps", index, "window"], "must be shorter than the budget's own window");
  });

type BudgetSection = z.output<typeof schema>;

/** Money per window: held at the dearest that the plan can cost, settled at what it did cost. */
export const budget = definePolicy({
  type: "budget",
  section: "budgets",
  recognises: () => true,
  schema,
  references: (section) => [...ruleReferences(section), ...stepReferences(section)],
  create: (section): Policy => {
    const { name, per, overrun, degrade, exceeded } = section;
    const when = section.when === undefined ? undefined : compileCondition(section.when);
    const shares = [
      compileShare(section, section.window, 100),
      ...section.subcaps.map((subcap) => compileShare(section, subcap.window, subcap.share)),
    ];
    return {
      name,
      ...(overrun === "finish" ? { overrun } : undefined),
      ...(degrade.length === 0 ? undefined : { degrade }),
      ...(exceeded.length === 0 ? undefined : { exceeded }),
      judge: (admission) => {
        const claims: Claim[] = [];
        if (when !== undefined && when(admission.attributes) !== true) return { kind: "allow", claims };
        forEachBackend(per, admission, (backend) => {
          const amount = dearest(admission, backend);
          for (const share of shares) share.claim(claims, admission, amount, backend);
        });
        return { kind: "allow", claims };
      },
      rules: shares,
    };
  },
});

/** The accounts for a share of the budget in a window; the budget itself is the whole of it in its own. */
function compileShare(section: BudgetSection, window: string, share: number): RuleAccounts {
  const part = (nanoUsd: bigint) => (nanoUsd * BigInt(share)) / 100n;
  const { name, per, alerts } = section;
  return compileAccounts({
    name,
    per,
    unit: "nano_usd",
    window: quotaWindow(window, section),
    limit: part(section.usd),
    overrides: section.overrides.map((override) => ({ match: override.match, limit: part(override.usd) })),
    ...(share < 100 || alerts.length === 0
      ? undefined
      : { alerts: [...new Set(alerts)].sort((a, b) => a - b) }),
    observe: section.mode === "observe",
  });
}

/** The most that the plan, or its targets on one backend, can cost. */
function dearest({ plan }: Admission, backend: string | undefined): bigint {
  if (backend === undefined) return plan.hold.costNanoUsd;
  let most = 0n;
  for (const { target, costMaxNanoUsd } of plan.targets)
    if (target.backend === backend && costMaxNanoUsd > most) most = costMaxNanoUsd;
  return most;
}
