import { z } from "zod";
import { checkText } from "./check-text.ts";
import { JsonPrefix } from "./json-prefix.ts";
import { parseText } from "./json-text.ts";
import type { Rule } from "./rule.ts";
import { defineRule } from "./rule-kind.ts";

/** Longer texts are parsed in another thread. */
const parsedCharactersMax = 32_768;

/** The answer's text is one JSON value. */
export const json = defineRule({
  name: "json",
  schema: z.literal(true).describe("The answer's text must be JSON, with nothing before or behind it."),
  create: (_value, { inputs: { codeFence } }) => {
    return (_asked, tenantId) => jsonRule("json", codeFence, tenantId);
  },
});

/** The rule that text is JSON, under another rule's name. */
export function jsonRule(name: string, codeFence: boolean, tenantId: string): Rule {
  return Object.freeze<Rule>({
    name,
    ofText: true,
    check: ({ text }) => {
      if (text.length > parsedCharactersMax) return checkText(tenantId, { kind: "json", codeFence, text });
      return parseText(text, codeFence) === undefined ? "fails" : "passes";
    },
    ...jsonWatch(codeFence),
  });
}

/** Watches text that must be JSON while it streams. A code fence is only parsed once it is whole. */
export function jsonWatch(codeFence: boolean): Pick<Rule, "watch"> {
  return codeFence ? {} : { watch: () => new JsonPrefix() };
}
