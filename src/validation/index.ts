import { maxCharacters, minCharacters } from "./characters.ts";
import { complete } from "./complete.ts";
import { json } from "./json.ts";
import { jsonSchema } from "./json-schema.ts";
import { labels } from "./labels.ts";
import { language } from "./language.ts";
import { pattern } from "./pattern.ts";
import type { RuleKind } from "./rule-kind.ts";

/** Every rule that a model's `validate` may have, in the order they are checked. */
export const ruleKinds: readonly RuleKind[] = [
  complete,
  json,
  jsonSchema,
  labels,
  pattern,
  maxCharacters,
  minCharacters,
  language,
];
