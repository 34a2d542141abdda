import { z } from "zod";
import type { Rule } from "./rule.ts";
import { defineRule } from "./rule-kind.ts";

/** The answer did not stop at its cap. That it came to its end at all is asked of every answer. */
export const complete = defineRule({
  name: "complete",
  schema: z.literal(true).describe("The answer must not stop at its cap on output tokens."),
  create: () => () => rule,
});

const rule = Object.freeze<Rule>({
  name: "complete",
  ofText: false,
  check: ({ lengthStop }) => (lengthStop ? "fails" : "passes"),
});
