import { z } from "zod";
import type { ConditionSection } from "../condition/condition-section.ts";
import type { DegradeStep, ExceededStep } from "./ladder.ts";
import type { Reference } from "./policy-kind.ts";
import type { Note } from "./rule-section.ts";

/** `80%`, to 80. */
export const percent = z
  .string({ error: "must be a share, e.g. 80%" })
  .regex(/^([1-9]\d?|100)%$/, "must be a share from 1% to 100%")
  .transform((text) => Number(text.slice(0, -1)));

const use = z
  .string()
  .min(1)
  .describe("A model of `models`. Passed over for a request it cannot answer, or its caller may not use.");
const clamp = z
  .strictObject({
    atLeast: z.int().min(1).describe("Tokens that an answer may have in any case."),
  })
  .describe("Half of the answer's cap, and half of that again until it fits, but not below `atLeast`.");

const exceededStep = z.union(
  [
    z.literal("reject").transform((): ExceededStep => ({ kind: "reject" })),
    z.strictObject({ use }).transform(({ use }): ExceededStep => ({ kind: "use", model: use })),
    z
      .strictObject({ clamp })
      .transform(({ clamp }): ExceededStep => ({ kind: "clamp", atLeast: clamp.atLeast })),
  ],
  {
    error: ({ input }) =>
      hasKey(input, "queue")
        ? "queue: not available in this version"
        : "must be { use: MODEL }, { clamp: { atLeast: TOKENS } } or reject",
  },
);

/** A budget's `exceeded`. */
export const exceededSection = z
  .array(exceededStep)
  .max(8)
  .default([])
  .describe(
    "What to try, in this order, for a request that the budget has no room for; nothing: it is refused.",
  );

const at = z
  .string({ error: "must be a share, e.g. 80%" })
  .regex(/^[1-9]\d?%$/, {
    error: "must be a share from 1% to 99%: what happens at the whole budget is said by `exceeded`",
    abort: true,
  })
  .transform((text) => Number(text.slice(0, -1)))
  .describe(
    "The share of the budget, spent and held, from which on this is done; from 1% to 99%, ascending.",
  );

/** One shape, so that a misspelt key is named; which of `use` and `clamp` there is comes after. */
const step = z
  .strictObject({ at, use: use.optional(), clamp: clamp.optional() })
  .transform(({ at: atPercent, use: model, clamp: shorter }, context): DegradeStep => {
    if (model !== undefined && shorter === undefined) return { atPercent, to: { kind: "use", model } };
    if (model === undefined && shorter !== undefined)
      return { atPercent, to: { kind: "clamp", atLeast: shorter.atLeast } };
    const message = "must say either `use: MODEL` or `clamp: { atLeast: TOKENS }`";
    context.issues.push({ code: "custom", input: undefined, message });
    return z.NEVER;
  });

/** A budget's `degrade`. */
export const degradeSection = z
  .array(step)
  .max(8)
  .default([])
  .describe(
    "What is done to requests before the budget is used up: one that would take it past `at` is answered by another model, or " +
      "shorter. Each step adds to those before it, no step makes a request dearer, and `exceeded` goes on at 100%.",
  );

interface Ladders {
  readonly degrade: readonly DegradeStep[];
  readonly exceeded: readonly ExceededStep[];
  readonly mode: string;
  readonly when?: ConditionSection | undefined;
}

/** The models that a budget's `degrade` and `exceeded` use. */
export function stepReferences({
  degrade,
  exceeded,
}: Pick<Ladders, "degrade" | "exceeded">): readonly Reference[] {
  const steps = [
    ...degrade.map(({ to }, index) => ({ to, path: ["degrade", index, "use"] })),
    ...exceeded.map((to, index) => ({ to, path: ["exceeded", index, "use"] })),
  ];
  return steps.flatMap(({ to, path }) =>
    to.kind === "use" ? [{ kind: "model", name: to.model, path } as const] : [],
  );
}

/** Notes what of a budget's `degrade` and `exceeded` could never apply. */
export function checkLadders({ degrade, exceeded, mode, when }: Ladders, note: Note): void {
  const reject = exceeded.findIndex(({ kind }) => kind === "reject");
  if (reject >= 0 && reject < exceeded.length - 1)
    note(["exceeded", reject + 1], "comes after reject: it could never be tried");
  if (mode === "observe") {
    const message = "a budget in observe mode never refuses: this could never apply";
    if (degrade.length > 0) note(["degrade"], message);
    if (exceeded.length > 0) note(["exceeded"], message);
  }
  const asked = when?.comparisons.find(({ name }) => name === "model")?.wanted ?? [];
  for (const [index, { atPercent, to }] of degrade.entries()) {
    const before = degrade[index - 1];
    if (before !== undefined && before.atPercent >= atPercent)
      note(["degrade", index, "at"], `must be above the ${before.atPercent}% of the step before it`);
    if (to.kind !== "use") continue;
    const current = degrade.slice(0, index).findLast((one) => one.to.kind === "use")?.to;
    const models = current?.kind === "use" ? [current.model] : asked;
    if (models.length > 0 && models.every((model) => model === to.model))
      note(["degrade", index, "use"], `"${to.model}" is in use already: this could never change anything`);
  }
}

function hasKey(input: unknown, key: string): boolean {
  return typeof input === "object" && input !== null && key in input;
}
