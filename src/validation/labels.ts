import { z } from "zod";
import type { Rule, Watch } from "./rule.ts";
import { defineRule } from "./rule-kind.ts";

const labelsMax = 1_000;
const labelCharactersMax = 200;

const label = z.string().trim().min(1).max(labelCharactersMax);
const list = z.array(label).min(1).max(labelsMax);

/** The answer is one of some labels; space around it does not count. */
export const labels = defineRule({
  name: "labels",
  schema: z
    .union([list, z.strictObject({ of: list, ignoreCase: z.boolean().default(false) })], {
      error: "must be a list of labels, or { of: [...], ignoreCase: true }",
    })
    .describe(
      "The answer must be one of these labels, with nothing but space around it. Letters must be written as here, unless `ignoreCase` is set: `{ of: [yes, no], ignoreCase: true }`.",
    ),
  create: (value) => {
    const { of, ignoreCase } = Array.isArray(value) ? { of: value, ignoreCase: false } : value;
    const written = ignoreCase ? of.map((one) => one.toLowerCase()) : of;
    const rule = labelsRule(written, ignoreCase);
    return () => rule;
  },
});

function labelsRule(written: readonly string[], ignoreCase: boolean): Rule {
  const all = new Set(written);
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  return Object.freeze<Rule>({
    name: "labels",
    ofText: true,
    check: ({ text }) => (all.has(fold(text.trim())) ? "passes" : "fails"),
    watch: () => new LabelWatch(written, fold),
  });
}

/** Text that can still become one of the labels: the beginning of one, or one with space behind it. */
class LabelWatch implements Watch {
  readonly #labels: readonly string[];
  readonly #fold: (text: string) => string;
  #text = "";

  constructor(written: readonly string[], fold: (text: string) => string) {
    this.#labels = written;
    this.#fold = fold;
  }

  push(piece: string): boolean {
    this.#text = (this.#text + piece).trimStart();
    const text = this.#fold(this.#text);
    const end = text.trimEnd();
    // Space behind the label says nothing: keeping one of it is enough.
    if (end.length + 1 < text.length) this.#text = this.#text.slice(0, end.length + 1);
    return this.#labels.some((one) => one.startsWith(text) || one === end);
  }
}
