import { z } from "zod";
import { compileCondition } from "../condition/condition.ts";
import type { Claim, Unit } from "../ledger/ledger.ts";
import { compileAccounts, forEachBackend } from "./account-rule.ts";
import type { Admission } from "./admission.ts";
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
import { limitWindow, resetShape, windowText } from "./window-section.ts";

/** A trillion: what a bucket's arithmetic has room for. */
const count = z.int().min(1).max(1_000_000_000_000).optional();
const amounts = { requests: count, tokens: count, inputTokens: count, outputTokens: count };

const units = {
  requests: "requests",
  tokens: "tokens",
  inputTokens: "input_tokens",
  outputTokens: "output_tokens",
} as const satisfies Record<keyof typeof amounts, Unit>;
const names = Object.keys(units) as readonly (keyof typeof amounts)[];

const schema = z
  .strictObject({
    ...ruleShape,
    ...amounts,
    window: windowText,
    ...resetShape,
    overrun: overrunSection,
    overrides: overridesOf(amounts),
  })
  .superRefine((rule, context) => {
    const note = noteIn(context);
    checkRule(rule, note);
    checkReset([rule.window], rule, note);
    checkOverrun(rule, rule.tokens !== undefined || rule.outputTokens !== undefined, note);
    if (names.every((name) => rule[name] === undefined))
      note([], `must limit one of ${names.join(", ")}, or concurrent`);
    for (const [index, override] of rule.overrides.entries())
      for (const name of names)
        if (override[name] !== undefined && rule[name] === undefined)
          note(["overrides", index, name], `overrides nothing: the limit has no ${name} of its own`);
  });

/** Requests and tokens per window; tokens are held at the most an answer may have, and settled at what it had. */
export const rateLimit = definePolicy({
  type: "rate-limit",
  section: "limits",
  recognises: () => true,
  schema,
  references: ruleReferences,
  create: (section): Policy => {
    const { name, per, window, mode, overrun } = section;
    const when = section.when === undefined ? undefined : compileCondition(section.when);
    const limited = names.filter((unit) => section[unit] !== undefined);
    const rules = limited.map((unit) => ({
      unit: units[unit],
      accounts: compileAccounts({
        name,
        per,
        unit: units[unit],
        window: limitWindow(window, section),
        limit: BigInt(section[unit] ?? 0),
        overrides: section.overrides.flatMap((override) => {
          const limit = override[unit];
          return limit === undefined ? [] : [{ match: override.match, limit: BigInt(limit) }];
        }),
        observe: mode === "observe",
      }),
    }));
    return {
      name,
      ...(overrun === "finish" ? { overrun } : undefined),
      judge: (admission) => {
        const claims: Claim[] = [];
        if (when !== undefined && when(admission.attributes) !== true) return { kind: "allow", claims };
        forEachBackend(per, admission, (backend) => {
          for (const { unit, accounts } of rules)
            accounts.claim(claims, admission, amountOf(unit, admission), backend);
        });
        return { kind: "allow", claims };
      },
      rules: rules.map(({ accounts }) => accounts),
    };
  },
});

function amountOf(unit: (typeof units)[keyof typeof units], { plan }: Admission): bigint {
  switch (unit) {
    case "requests":
      return 1n;
    case "tokens":
      return BigInt(plan.hold.inputTokens + plan.hold.outputTokens);
    case "input_tokens":
      return BigInt(plan.hold.inputTokens);
    case "output_tokens":
      return BigInt(plan.hold.outputTokens);
  }
}
