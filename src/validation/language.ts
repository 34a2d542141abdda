import { z } from "zod";
import { languageOf, languages } from "./language-marks.ts";
import type { Rule } from "./rule.ts";
import { defineRule } from "./rule-kind.ts";

/** The answer is written in one of some languages, as far as its letters and its commonest words tell. */
export const language = defineRule({
  name: "language",
  schema: z
    .array(z.enum(languages))
    .min(1)
    .describe(
      "The answer's text must be in one of these languages. Told by letters and commonest words: it fails only where another language is clear, so short texts, code, and languages not known here pass.",
    ),
  create: (wanted) => {
    const rule = Object.freeze<Rule>({
      name: "language",
      ofText: true,
      check: ({ text }) => {
        const found = languageOf(text);
        return found === undefined || wanted.includes(found) ? "passes" : "fails";
      },
    });
    return () => rule;
  },
});
