import { z } from "zod";
import { ruleKinds } from "./index.ts";

const rules: Readonly<Record<string, z.ZodOptional<z.ZodType>>> = Object.fromEntries(
  ruleKinds.map(({ name, schema }) => [name, schema.optional()]),
);

/** A model's `validate`: its rules by name, and what is done with them. */
export const validationSection = z
  .strictObject({
    ...rules,
    onFail: z
      .enum(["next", "reask"])
      .default("next")
      .describe(
        "What follows a failed check: the next target, or the same target once more and then the next. With nobody left to ask the client gets an error that names the rule. Every answer is billed, also one that failed.",
      ),
    stream: z
      .enum(["hold", "pass", "mark"])
      .default("hold")
      .describe(
        "What becomes of streamed answers: `hold` keeps one back until it is whole and checked; `pass` lets it through as it comes, and ends it with an error event once a rule has failed; `mark` lets it through, and records the result.",
      ),
    minPassRate: z
      .string()
      .regex(/^([1-9]\d?|100)%$/, "must be a share from 1% to 100%")
      .transform((text) => Number(text.slice(0, -1)) / 100)
      .optional()
      .describe(
        "Targets whose answers pass less often than this are asked after all others of the model, as long as that is known: from ten answers on, each of which counts half after ten minutes.",
      ),
    codeFence: z
      .boolean()
      .default(false)
      .describe(
        "Whether JSON may stand in a Markdown code fence, which reaches the client with it; without, a fence fails the check.",
      ),
  })
  .refine((section) => Object.keys(section).some((key) => Object.hasOwn(rules, key)), {
    error: `must have a rule: ${ruleKinds.map(({ name }) => name).join(", ")}`,
  });

/** The same, checked; rules by their names. */
export type ValidationSection = z.output<typeof validationSection> & Readonly<Record<string, unknown>>;
