import { z } from "zod";
import { ruleKinds } from "./index.ts";

const rules: Readonly<Record<string, z.ZodOptional<z.ZodType>>> = Object.fromEntries(
  ruleKinds.map(({ name, schema }) => [name, schema.optional()]),
);

/** A model's `validate`: its rules by name, and what is done with them. */
export const validationSection = z
  .strictObject({
    ...rules,
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
