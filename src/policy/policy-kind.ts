import type { z } from "zod";
import type { Policy } from "./policy.ts";

/** One kind of entry in the config's `limits` or `budgets`. */
export interface PolicyKind {
  readonly type: string;
  /** The list of the config that its entries are in. */
  readonly section: "limits" | "budgets";
  /** Whether an entry, as it was written, is of this kind; the first kind of its list that says so checks it. */
  recognises(entry: Readonly<Record<string, unknown>>): boolean;
  readonly schema: z.ZodObject;
  /** Every field name that an entry keeps accounts by or matches on, with its path in the entry: the config knows which exist. */
  fields(section: never): readonly FieldUse[];
  create(section: never): Policy;
}

/** Where an entry names a field. */
export interface FieldUse {
  readonly name: string;
  readonly path: readonly (string | number)[];
}

/** Ties an entry's shape to the policy made of it. */
export function definePolicy<Schema extends z.ZodObject>(kind: {
  readonly type: string;
  readonly section: PolicyKind["section"];
  recognises(entry: Readonly<Record<string, unknown>>): boolean;
  readonly schema: Schema;
  fields(section: z.output<Schema>): readonly FieldUse[];
  create(section: z.output<Schema>): Policy;
}): PolicyKind {
  return kind;
}
