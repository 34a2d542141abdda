import type { z } from "zod";
import type { KindContext } from "../core/kind.ts";
import type { MaybePromise } from "../core/maybe-promise.ts";
import type { Rule } from "./rule.ts";

/** The answer format that a request asks for. */
export type AskedFormat =
  | { readonly kind: "json" }
  | { readonly kind: "schema"; readonly schema: object }
  /** Something that is not read here. */
  | { readonly kind: "unreadable" };

/** The context of the `validate` section that a rule is created with. */
export interface RuleInputs {
  /** JSON may stand in a code fence. */
  readonly codeFence: boolean;
  /** Told why a value can be no rule. */
  refuse(why: string): void;
}

/** The rule for one request. Undefined if the request asks for nothing to check; `unreadable` if what it asks for cannot be checked here. */
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
  /** The rule as configured. */
  create(value: never, context: KindContext<RuleInputs>): RuleFor;
}

/** Ties the shape of a key's value to the rule made of it. */
export function defineRule<Schema extends z.ZodType>(kind: {
  readonly name: string;
  readonly schema: Schema;
  create(value: z.output<Schema>, context: KindContext<RuleInputs>): RuleFor;
}): RuleKind {
  return kind;
}
