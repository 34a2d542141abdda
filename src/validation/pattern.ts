import { z } from "zod";
import { checkText } from "./check-text.ts";
import type { Rule } from "./rule.ts";
import { defineRule } from "./rule-kind.ts";

const patternCharactersMax = 1_000;

/** The answer's text matches a regular expression. */
export const pattern = defineRule({
  name: "pattern",
  schema: z
    .string()
    .min(1)
    .max(patternCharactersMax)
    .describe(
      "A regular expression (JavaScript's, with the u flag; a leading (?i) ignores case) that must match somewhere in the answer's text: ^ and $ are its ends. Matching that takes longer than 2 s is a failed check.",
    ),
  create: (written, { inputs: { refuse } }) => {
    const expression = compile(written, refuse);
    if (expression === undefined) return () => undefined;
    const { source, flags } = expression;
    return (_asked, tenantId) =>
      Object.freeze<Rule>({
        name: "pattern",
        ofText: true,
        // An answer may be made to let a pattern backtrack.
        check: ({ text }) => checkText(tenantId, { kind: "pattern", source, flags, text }),
      });
  },
});

const ignoreCase = "(?i)";

function compile(written: string, refuse: (why: string) => void): RegExp | undefined {
  const folded = written.startsWith(ignoreCase);
  try {
    return new RegExp(folded ? written.slice(ignoreCase.length) : written, folded ? "iu" : "u");
  } catch (error) {
    refuse(error instanceof Error ? error.message : "is no regular expression");
    return undefined;
  }
}
