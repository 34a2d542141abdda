import type { z } from "zod";
import type { ConditionSection } from "../condition/condition-section.ts";
import type { KindContext } from "../core/kind.ts";
import type { Policy } from "./policy.ts";

/** The lists of the config that policies are entries of, in the order they are judged. */
export const policySections = ["access", "caps", "limits", "budgets"] as const;
/** One of {@link policySections}. */
export type PolicySection = (typeof policySections)[number];

/** A reference in an entry, and its place there. The config checks it, since it knows which models and fields exist. */
export type Reference = { readonly path: readonly (string | number)[] } & (
  | { readonly kind: "condition"; readonly condition: ConditionSection }
  /** Accounts are kept by this field. */
  | { readonly kind: "account-field"; readonly name: string }
  /** A condition on accounts, which are kept by these fields. */
  | { readonly kind: "account-match"; readonly condition: ConditionSection; readonly per: readonly string[] }
  /** A model that has to exist. */
  | { readonly kind: "model"; readonly name: string }
  /** A pattern that has to cover a model. */
  | { readonly kind: "models"; readonly pattern: string }
);

/** The context of the config that a policy is created with. */
export interface PolicyInputs {
  /** The name of an entry that declares none: its place in the config. */
  readonly name: string;
}

/** One kind of entry in one of the config's lists of policies. */
export interface PolicyKind {
  readonly type: string;
  readonly section: PolicySection;
  /** True if an entry, as written, is of this kind. The first kind of the list that returns true checks it. */
  recognises(entry: Readonly<Record<string, unknown>>): boolean;
  readonly schema: z.ZodObject;
  /** Everything that an entry refers to. */
  references(section: never): readonly Reference[];
  /** True if the entry decides every request, so that none after it in its list could ever apply. Absent if no entry of this kind does. */
  decidesAll?(section: never): boolean;
  create(section: never, context: KindContext<PolicyInputs>): Policy;
}

/** Ties an entry's shape to the policy made of it. */
export function definePolicy<Schema extends z.ZodObject>(kind: {
  readonly type: string;
  readonly section: PolicySection;
  recognises(entry: Readonly<Record<string, unknown>>): boolean;
  readonly schema: Schema;
  references(section: z.output<Schema>): readonly Reference[];
  decidesAll?(section: z.output<Schema>): boolean;
  create(section: z.output<Schema>, context: KindContext<PolicyInputs>): Policy;
}): PolicyKind {
  return kind;
}
