import { z } from "zod";
import { checkText } from "./check-text.ts";
import { compileSchema, schemaCharactersMax } from "./compile-schema.ts";
import { jsonRule, jsonWatch } from "./json.ts";
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
  create: (value, { inputs: { codeFence, refuse } }) => {
    // The config reads paths, so what is still a text asks for the request's own.
    if (typeof value === "string") return (asked, tenantId) => askedRule(asked, codeFence, tenantId);
    const json = JSON.stringify(value);
    const compiled = compileSchema(json);
    if (compiled.kind === "unreadable") {
      refuse(`is no JSON Schema that can be checked: ${compiled.why}`);
      return () => undefined;
    }
    return (_asked, tenantId) => schemaRule(json, codeFence, tenantId);
  },
});

function askedRule(
  asked: AskedFormat | undefined,
  codeFence: boolean,
  tenantId: string,
): ReturnType<RuleFor> {
  if (asked === undefined) return undefined;
  if (asked.kind === "unreadable") return "unreadable";
  if (asked.kind === "json") return jsonRule(name, codeFence, tenantId);
  const json = JSON.stringify(asked.schema);
  if (json.length > schemaCharactersMax) return "unreadable";
  return checkText(tenantId, { kind: "read", schema: json }).then((finding) =>
    finding === "passes" ? schemaRule(json, codeFence, tenantId) : "unreadable",
  );
}

function schemaRule(json: string, codeFence: boolean, tenantId: string): Rule {
  return Object.freeze<Rule>({
    name,
    ofText: true,
    check: ({ text }) => checkText(tenantId, { kind: "schema", schema: json, codeFence, text }),
    ...jsonWatch(codeFence),
  });
}
