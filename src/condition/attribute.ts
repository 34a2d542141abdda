import type { RequestSubject, Subject } from "./subject.ts";

/** Stands for an attribute whose value is not known yet, in contrast to one that the request does not have. */
export const notKnown: unique symbol = Symbol("not known yet");

/** A value that a condition compares: one value, several (one must match), none, or {@link notKnown}. */
export type AttributeValue = string | readonly string[] | undefined | typeof notKnown;

/** Names of a config that the values of a condition are checked against. */
export interface ConfiguredNames {
  /** Entries of `models`, patterns included. */
  readonly models: readonly string[];
}

/** Something that conditions can ask of a request, besides the fields of its contract. */
export interface Attribute {
  /** Its key in a condition. */
  readonly name: string;
  /** True if a condition names it with a further key, as in `header: { x-region: eu }`. */
  readonly keyed?: true;
  /** The value. `key` is "" unless the attribute is keyed. */
  read(subject: Subject, key: string): AttributeValue;
  /** Compiles the wanted values. Absent: as {@link matcherOf} compiles them. */
  matcher?(wanted: readonly string[]): (value: string) => boolean;
  /** The reason why a condition with these values can never hold, or undefined if it can. For checking a config. */
  problem?(wanted: readonly string[], names: ConfiguredNames): string | undefined;
}

/** An attribute of the request itself, which is not known before there is one. */
export function requestAttribute(
  name: string,
  read: (request: RequestSubject) => string | undefined,
): Attribute {
  return { name, read: ({ request }) => (request === undefined ? notKnown : read(request)) };
}
