import { complete } from "./complete.ts";
import { json } from "./json.ts";
import { jsonSchema } from "./json-schema.ts";
import type { RuleKind } from "./rule-kind.ts";

/** Every rule that a model's `validate` may have, in the order they are checked. */
export const ruleKinds: readonly RuleKind[] = [complete, json, jsonSchema];
