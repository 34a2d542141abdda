import { z } from "zod";
import { attributes } from "./index.ts";

/** How deep conditions may be nested. */
const depthMax = 8;

const scalar = z
  .union([z.string().min(1), z.boolean(), z.number()], { error: "must be text, a number, or true or false" })
  .transform(String);
const wanted = z
  .union([scalar, z.array(scalar).min(1)], { error: "must be a value or a list of values" })
  .transform((value) => (Array.isArray(value) ? value : [value]));
const wantedByKey = z.record(z.string().min(1), wanted).optional();
const keyed = Object.fromEntries(
  attributes.flatMap((attribute) => (attribute.keyed ? [[attribute.name, wantedByKey] as const] : [])),
);

/** One comparison of a condition. */
export interface Comparison {
  /** An attribute, or a field of the contract. */
  readonly name: string;
  /** The further key of a keyed attribute; else "". */
  readonly key: string;
  /** One of these has to match. */
  readonly wanted: readonly string[];
}

/** A condition as the config writes it; every part of it must hold. */
export interface ConditionSection {
  readonly and: readonly ConditionSection[];
  /** Empty if there is no `or`. */
  readonly or: readonly ConditionSection[];
  readonly not: ConditionSection | undefined;
  readonly comparisons: readonly Comparison[];
}

/** The schema of a `when`, an `allow` or a `match` of the config. */
export const conditionSection: z.ZodType<ConditionSection> = nested(depthMax);

/** Every comparison of a condition however deep it is nested, with its path in the condition. */
export function* comparisonsOf(
  { and, or, not, comparisons }: ConditionSection,
  path: readonly (string | number)[] = [],
): Generator<Comparison & { readonly path: readonly (string | number)[] }> {
  for (const comparison of comparisons) {
    const { name, key } = comparison;
    yield { ...comparison, path: key === "" ? [...path, name] : [...path, name, key] };
  }
  for (const [index, part] of and.entries()) yield* comparisonsOf(part, [...path, "and", index]);
  for (const [index, part] of or.entries()) yield* comparisonsOf(part, [...path, "or", index]);
  if (not !== undefined) yield* comparisonsOf(not, [...path, "not"]);
}

function nested(depth: number): z.ZodType<ConditionSection> {
  const inner: z.ZodType<ConditionSection> =
    depth === 0 ? z.never("is nested too deep") : z.lazy(() => nested(depth - 1));
  return z
    .object({
      ...keyed,
      and: z.array(inner).min(1).optional(),
      or: z.array(inner).min(1).optional(),
      not: inner.optional(),
    })
    .catchall(wanted)
    .refine((section) => Object.keys(section).length > 0, "must name at least one field")
    .transform(({ and = [], or = [], not, ...fields }) => ({
      and,
      or,
      not,
      comparisons: Object.entries(fields).flatMap(([name, value]) => comparisonsUnder(name, value)),
    }));
}

function comparisonsUnder(
  name: string,
  value: readonly string[] | Readonly<Record<string, readonly string[]>> | undefined,
): readonly Comparison[] {
  if (value === undefined) return [];
  if (isList(value)) return [{ name, key: "", wanted: value }];
  return Object.entries(value).map(([key, values]) => ({ name, key, wanted: values }));
}

function isList(
  value: readonly string[] | Readonly<Record<string, readonly string[]>>,
): value is readonly string[] {
  return Array.isArray(value);
}
