import { z } from "zod";
import { compileCondition } from "../condition/condition.ts";
import { conditionSection } from "../condition/condition-section.ts";
import { covers } from "../core/pattern.ts";
import { namesModel } from "./model-forms.ts";
import type { Policy } from "./policy.ts";
import { definePolicy } from "./policy-kind.ts";

/** Restricts models to callers: only callers that one of the rules naming a model allows may use it. */
export const access = definePolicy({
  type: "access",
  section: "access",
  recognises: () => true,
  schema: z.strictObject({ models: z.array(z.string().min(1)).min(1), allow: conditionSection }),
  references: ({ models, allow }) => [
    ...models.map((pattern, index) => ({ kind: "models", pattern, path: ["models", index] }) as const),
    { kind: "condition", condition: allow, path: ["allow"] },
  ],
  create: ({ models, allow }, { inputs: { name } }): Policy => {
    const allows = compileCondition(allow);
    return {
      name,
      access: {
        names: (model) => models.some((pattern) => namesModel(pattern, model)),
        namesEntry: (entry) => models.some((pattern) => covers(pattern, entry)),
        // Before there is a request, a caller may use a model unless the rule refuses it whatever the request.
        allows: (attributes) => allows(attributes) !== false,
      },
      rules: [],
    };
  },
});
