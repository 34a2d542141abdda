import { z } from "zod";
import { withinMs } from "../core/time-limit.ts";
import type { Rule } from "./rule.ts";
import { defineRule } from "./rule-kind.ts";

const patternCharactersMax = 1_000;
/** Longest that matching one answer may take: an answer may be made to let a pattern backtrack. */
const matchMs = 50;

/** The answer's text matches a regular expression. */
export const pattern = defineRule({
  name: "pattern",
  schema: z
    .string()
    .min(1)
    .max(patternCharactersMax)
    .describe(
      "A regular expression (JavaScript's, with the u flag; a leading (?i) ignores case) that must match somewhere in the answer's text: ^ and $ are its ends. Matching that takes longer than 50 ms is a failed check.",
    ),
  create: (written, _settings, refuse) => {
    const expression = compile(written, refuse);
    if (expression === undefined) return () => undefined;
    const rule = Object.freeze<Rule>({
      name: "pattern",
      ofText: true,
      check: ({ text }) => {
        const matched = withinMs(matchMs, () => expression.test(text));
        if (matched.kind === "late") return "slow";
        return matched.value ? "passes" : "fails";
      },
    });
    return () => rule;
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
