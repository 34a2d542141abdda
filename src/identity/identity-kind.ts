import type { z } from "zod";
import type { KindContext } from "../core/kind.ts";
import type { Identity } from "./identity.ts";

/** The context of the config that an identity is created with. */
export interface IdentityInputs {
  /** Reads a YAML file named in the section (its path relative to the config); undefined once its problems have been noted. */
  read<T>(file: string, schema: z.ZodType<T>): InputFile<T> | undefined;
  /** The reason why a credential may not carry this value for an own contract field, or undefined if it may. */
  fieldProblem(name: string, value: string): string | undefined;
}

/** A file that a section names: its data, and how to say that something in it is wrong. */
export interface InputFile<T> {
  readonly value: T;
  refuse(path: readonly (string | number)[], message: string, part?: "key" | "value"): void;
}

/** One kind of entry in the config's `identity` list. */
export interface IdentityKind {
  readonly type: string;
  /** The whole entry, `type` included. */
  readonly schema: z.ZodObject;
  create(section: never, context: KindContext<IdentityInputs>): Identity;
}

/** Ties an entry's shape to what is made of it. */
export function defineIdentity<Schema extends z.ZodObject>(kind: {
  readonly type: string;
  readonly schema: Schema;
  create(section: z.output<Schema>, context: KindContext<IdentityInputs>): Identity;
}): IdentityKind {
  return kind;
}
