import type { z } from "zod";
import type { MaybePromise } from "../core/maybe-promise.ts";
import type { Rule } from "./rule.ts";

/** What a request says its answer is to be. */
export type AskedFormat =
  | { readonly kind: "json" }
  | { readonly kind: "schema"; readonly schema: object }
  /** Something that is not read here. */
  | { readonly kind: "unreadable" };

/** What the rules of one `validate` section share. */
export interface RuleSettings {
  /** JSON may stand in a code fence. */
  readonly codeFence: boolean;
}

/** The rule for one request; undefined: it asks for nothing to check; `unreadable`: what it asks for cannot be checked here. */
export type RuleFor = (
  asked: AskedFormat | undefined,
  tenantId: string,
) => MaybePromise<Rule | "unreadable" | undefined>;

/** One kind of rule that a model's `validate` may have. */
export interface RuleKind {
  /** Its key in the section. */
  readonly name: string;
  /** The shape of the key's value, with its description. */
  readonly schema: z.ZodType;
  /** The rule as configured; `refuse` is told why a value can be no rule. */
  create(value: never, settings: RuleSettings, refuse: (why: string) => void): RuleFor;
}

/** Ties the shape of a key's value to the rule made of it. */
export function defineRule<Schema extends z.ZodType>(kind: {
  readonly name: string;
  readonly schema: Schema;
  create(value: z.output<Schema>, settings: RuleSettings, refuse: (why: string) => void): RuleFor;
}): RuleKind {
  return kind;
}
