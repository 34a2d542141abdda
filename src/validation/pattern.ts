import { z } from "zod";
import { linearPattern } from "../core/linear-pattern.ts";
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
      "A regular expression (JavaScript's, with the u flag; a leading (?i) ignores case) that must match somewhere in the answer's text: ^ and $ are its ends. It is matched in linear time, so lookahead, lookbehind and backreferences are refused. Matching that takes longer than 2 s is a failed check.",
    ),
  create: (written, { inputs: { refuse } }) => {
    const expression = compile(written, refuse);
    if (expression === undefined) return () => undefined;
    const { source, ignoreCase } = expression;
    return (_asked, tenantId) =>
      Object.freeze<Rule>({
        name: "pattern",
        ofText: true,
        // Linear time may be long all the same: a pattern may have a thousand states for each character.
        check: ({ text }) => checkText(tenantId, { kind: "pattern", source, ignoreCase, text }),
      });
  },
});

const ignoreCasePrefix = "(?i)";

interface Expression {
  readonly source: string;
  readonly ignoreCase: boolean;
}

function compile(written: string, refuse: (why: string) => void): Expression | undefined {
  const ignoreCase = written.startsWith(ignoreCasePrefix);
  const source = ignoreCase ? written.slice(ignoreCasePrefix.length) : written;
  try {
    linearPattern(source, ignoreCase);
    return { source, ignoreCase };
  } catch (error) {
    refuse(error instanceof Error ? error.message : "is no regular expression");
    return undefined;
  }
}
