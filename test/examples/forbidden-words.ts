import { z } from "zod";
import type { Rule } from "../../src/validation/rule.ts";
import { defineRule } from "../../src/validation/rule-kind.ts";

/** Answers may not have any of these words, in any case: `validate: { forbiddenWords: [falcon] }`. */
export const forbiddenWords = defineRule({
  name: "forbiddenWords",
  schema: z.array(z.string().min(1).max(100)).min(1).max(100).describe("Words that no answer may have."),
  create: (words) => {
    const folded = words.map((word) => word.toLowerCase());
    const lengthMax = Math.max(...folded.map((word) => word.length));
    const clean = (text: string) => !folded.some((word) => text.toLowerCase().includes(word));
    const rule: Rule = {
      name: "forbiddenWords",
      ofText: true,
      check: ({ text }) => (clean(text) ? "passes" : "fails"),
      // While a stream comes: a word may be cut across pieces, so the end of what came is kept.
      watch: () => {
        let tail = "";
        return {
          push(piece) {
            const text = tail + piece;
            tail = text.slice(-lengthMax);
            return clean(text);
          },
        };
      },
    };
    return () => rule;
  },
});
