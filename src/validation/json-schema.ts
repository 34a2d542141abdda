import { z } from "zod";
import { type CompiledSchema, compileSchema } from "./compile-schema.ts";
import { jsonRule, jsonWatch } from "./json.ts";
import { parseText } from "./json-text.ts";
import type { Rule } from "./rule.ts";
import { type AskedFormat, defineRule, type RuleFor } from "./rule-kind.ts";

const name = "jsonSchema";

/** The answer's text is JSON that fits a schema: the one the request asks for, or one that the config has. */
export const jsonSchema = defineRule({
  name,
  schema: z
    .union([z.string().min(1), z.record(z.string(), z.unknown())], {
      error: "must be auto, a path, or a JSON Schema",
    })
    .describe(
      "The answer's text must be JSON that fits a JSON Schema: `auto`, the one that the request asks for by its response format; a path to one; or the schema itself.",
    ),
  create: (value, { codeFence }, refuse) => {
    // The config reads paths, so what is still a text asks for the request's own.
    if (typeof value === "string") return (asked) => askedRule(asked, codeFence);
    const rule = schemaRule(compileSchema(value), codeFence, refuse);
    return () => rule;
  },
});

function askedRule(asked: AskedFormat | undefined, codeFence: boolean): ReturnType<RuleFor> {
  if (asked === undefined) return undefined;
  if (asked.kind === "unreadable") return "unreadable";
  if (asked.kind === "json") return jsonRule(name, codeFence);
  return schemaRule(compileSchema(asked.schema), codeFence, () => {}) ?? "unreadable";
}

function schemaRule(
  schema: CompiledSchema,
  codeFence: boolean,
  refuse: (why: string) => void,
): Rule | undefined {
  if (schema.kind === "unreadable") {
    refuse(`is no JSON Schema that can be checked: ${schema.why}`);
    return undefined;
  }
  return Object.freeze<Rule>({
    name,
    ofText: true,
    check: ({ text }) => {
      const parsed = parseText(text, codeFence);
      if (parsed === undefined) return "fails";
      const fits = schema.check(parsed.value);
      if (fits.kind === "late") return "slow";
      return fits.value ? "passes" : "fails";
    },
    ...jsonWatch(codeFence),
  });
}
