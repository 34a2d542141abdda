import { z } from "zod";
import { compileCondition } from "../condition/condition.ts";
import type { Claim } from "../ledger/ledger.ts";
import { compileAccounts, forEachBackend } from "./account-rule.ts";
import type { Policy } from "./policy.ts";
import { definePolicy } from "./policy-kind.ts";
import { checkRule, noteIn, overridesOf, ruleReferences, ruleShape } from "./rule-section.ts";

const slots = z.int().min(1).max(1_000_000);
const schema = z
  .strictObject({ ...ruleShape, concurrent: slots, overrides: overridesOf({ concurrent: slots }) })
  .superRefine((rule, context) => checkRule(rule, noteIn(context)));

/** Exchanges open at a time: each holds a slot to its end, streams to their last byte. */
export const concurrency = definePolicy({
  type: "concurrency",
  section: "limits",
  recognises: (entry) => Object.hasOwn(entry, "concurrent"),
  schema,
  references: ruleReferences,
  create: (section): Policy => {
    const { name, per } = section;
    const when = section.when === undefined ? undefined : compileCondition(section.when);
    const accounts = compileAccounts({
      name,
      per,
      unit: "slots",
      window: { kind: "open" },
      limit: BigInt(section.concurrent),
      overrides: section.overrides.map(({ match, concurrent }) => ({ match, limit: BigInt(concurrent) })),
      observe: section.mode === "observe",
    });
    return {
      name,
      judge: (admission) => {
        const claims: Claim[] = [];
        if (when === undefined || when(admission.attributes) === true)
          forEachBackend(per, admission, (backend) => accounts.claim(claims, admission, 1n, backend));
        return { kind: "allow", claims };
      },
      rules: [accounts],
    };
  },
});
