import { z } from "zod";
import { compileCondition } from "../condition/condition.ts";
import { conditionSection } from "../condition/condition-section.ts";
import type { Policy } from "./policy.ts";
import { definePolicy } from "./policy-kind.ts";

const capTokens = z.int().min(1).max(1_000_000_000).optional();
const schema = z
  .strictObject({ when: conditionSection.optional(), inputTokens: capTokens, outputTokens: capTokens })
  .refine(
    ({ inputTokens, outputTokens }) => inputTokens !== undefined || outputTokens !== undefined,
    "must cap inputTokens, outputTokens, or both",
  );

/** How large a request and its answer may be: the first rule that matches decides. */
export const caps = definePolicy({
  type: "caps",
  section: "caps",
  recognises: () => true,
  schema,
  references: ({ when }) =>
    when === undefined ? [] : [{ kind: "condition", condition: when, path: ["when"] }],
  decidesAll: ({ when }) => when === undefined,
  create: ({ when, inputTokens, outputTokens }, { inputs: { name } }): Policy => {
    const holds = when === undefined ? undefined : compileCondition(when);
    const bounds = Object.freeze({ inputTokens, outputTokens });
    return {
      name,
      caps: (attributes) => (holds === undefined || holds(attributes) === true ? bounds : undefined),
      rules: [],
    };
  },
});
