import { z } from "zod";
import type { Rule } from "./rule.ts";
import { defineRule } from "./rule-kind.ts";

const charactersMax = 1_048_576;
const count = z.int().min(1).max(charactersMax);

/** The answer is not longer than so many characters. */
export const maxCharacters = defineRule({
  name: "maxCharacters",
  schema: count.describe("The answer's text must have at most so many characters (UTF-16 units)."),
  create: (most) => {
    const rule = Object.freeze<Rule>({
      name: "maxCharacters",
      ofText: true,
      check: ({ text }) => (text.length <= most ? "passes" : "fails"),
      watch: () => {
        let length = 0;
        return {
          push: (piece) => {
            length += piece.length;
            return length <= most;
          },
        };
      },
    });
    return () => rule;
  },
});

/** The answer is not shorter than so many characters. */
export const minCharacters = defineRule({
  name: "minCharacters",
  schema: count.describe(
    "The answer's text must have at least so many characters (UTF-16 units), space around it not counted.",
  ),
  create: (least) => {
    const rule = Object.freeze<Rule>({
      name: "minCharacters",
      ofText: true,
      check: ({ text }) => (text.trim().length >= least ? "passes" : "fails"),
    });
    return () => rule;
  },
});
