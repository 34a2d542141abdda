import { z } from "zod";
import { type ConditionSection, conditionSection } from "../condition/condition-section.ts";
import { accountFields } from "./account-key.ts";
import type { Reference } from "./policy-kind.ts";
import { type Reset, resetProblems } from "./window-section.ts";

const fieldName = z.string().regex(/^[a-z][a-z0-9_]{0,39}$/, "must be a field's name, e.g. tenant_id");

/** Keys that limits and budgets share: a name, the fields that accounts are kept by, and a condition. */
export const ruleShape = {
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "must be 1 to 64 letters, digits, dots, dashes and _"),
  /** An account for each combination of these fields' values; none: one for all. */
  per: z.array(fieldName).max(8).default([]),
  when: conditionSection.optional(),
  mode: z.enum(["enforce", "observe"]).default("enforce"),
};

/** The treatment of a streamed answer that outgrows its hold. It never occurs with a provider that honours the cap it is sent. */
export const overrunSection = z
  .enum(["cut", "finish"])
  .default("cut")
  .describe(
    "What becomes of a streamed answer that grows past what is held for it once there is no room for more: `cut` it with an error event in the " +
      "client's format, or let it `finish`, charged all the same.",
  );

/** The fields that are not of the contract and that accounts can be kept by: of the request, its plan, and its credential. */
export const accountOnlyFields: readonly string[] = ["model", "backend", "key"];

/** Other amounts for some of the values that accounts are kept by; the first that matches counts. */
export function overridesOf<Shape extends z.core.$ZodShape>(amounts: Shape) {
  return z
    .array(z.strictObject({ match: conditionSection, ...amounts }))
    .max(1_000)
    .default([]);
}

interface RuleFields {
  readonly per: readonly string[];
  readonly when?: ConditionSection | undefined;
  readonly overrides: readonly { readonly match: ConditionSection }[];
}

/** References of a rule: the fields that its accounts are kept by, and its conditions. */
export function ruleReferences({ per, when, overrides }: RuleFields): readonly Reference[] {
  const fields = accountFields(per);
  return [
    ...per.map((name, index) => ({ kind: "account-field", name, path: ["per", index] }) as const),
    ...(when === undefined ? [] : [{ kind: "condition", condition: when, path: ["when"] } as const]),
    ...overrides.map(({ match }, index) => {
      const path = ["overrides", index, "match"];
      return { kind: "account-match", condition: match, per: fields, path } as const;
    }),
  ];
}

/** Says what is wrong with an entry, and where in it. */
export type Note = (path: (string | number)[], message: string) => void;

/** Notes a field that is named twice. */
export function checkRule(rule: RuleFields, note: Note): void {
  for (const [index, name] of rule.per.entries())
    if (rule.per.indexOf(name) !== index) note(["per", index], `${name} is named twice`);
}

/** Notes where windows cannot begin: a time zone or a reset without a calendar. */
export function checkReset(windows: readonly string[], reset: Reset, note: Note): void {
  for (const { key, message } of resetProblems(windows, reset)) note([key], message);
}

/** Notes an `overrun` that could never apply. */
export function checkOverrun(
  { mode, overrun }: { readonly mode: string; readonly overrun: string },
  grows: boolean,
  note: Note,
): void {
  if (overrun !== "finish") return;
  if (mode === "observe") note(["overrun"], "a rule in observe mode never refuses: this could never apply");
  else if (!grows) note(["overrun"], "no answer outgrows a count of requests: this could never apply");
}

/** Notes into a schema's own issues. */
export function noteIn(context: z.core.$RefinementCtx): Note {
  return (path, message) => context.addIssue({ code: "custom", path, message });
}
