import { z } from "zod";
import { declaredLanguage, inLanguageRange } from "./language.ts";
import { type RequestField, requestFieldOf, requestFields, type Subject } from "./subject.ts";

/** How deep conditions may stand in one another. */
const depthMax = 8;

const scalar = z
  .union([z.string().min(1), z.boolean(), z.number()], { error: "must be text, a number, or true or false" })
  .transform(String);
const wanted = z
  .union([scalar, z.array(scalar).min(1)], { error: "must be a value or a list of values" })
  .transform((value) => (Array.isArray(value) ? value : [value]));
const wantedByName = z.record(z.string().min(1), wanted);

/** A condition as the config writes it. */
export interface ConditionSection {
  readonly and?: readonly ConditionSection[] | undefined;
  readonly or?: readonly ConditionSection[] | undefined;
  readonly not?: ConditionSection | undefined;
  readonly header?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly query?: Readonly<Record<string, readonly string[]>> | undefined;
  /** Fields of the contract, of the principal and of the request, with the values that each may have. */
  readonly fields: Readonly<Record<string, readonly string[]>>;
}

/** What a condition reads as: every part of it has to hold. */
export const conditionSection: z.ZodType<ConditionSection> = nested(depthMax);

function nested(depth: number): z.ZodType<ConditionSection> {
  const inner =
    depth === 0 ? (z.never("is nested too deep") as z.ZodType<never>) : z.lazy(() => nested(depth - 1));
  return z
    .object({
      and: z.array(inner).min(1).optional(),
      or: z.array(inner).min(1).optional(),
      not: inner.optional(),
      header: wantedByName.optional(),
      query: wantedByName.optional(),
    })
    .catchall(wanted)
    .refine((section) => Object.keys(section).length > 0, "must name at least one field")
    .transform(({ and, or, not, header, query, ...fields }) => ({ and, or, not, header, query, fields }));
}

/** A compiled condition. */
export type Condition = (subject: Subject) => boolean;

/** Compiles a condition. */
export function compileCondition(section: ConditionSection): Condition {
  const parts: Condition[] = [];
  for (const [name, values] of Object.entries(section.fields)) parts.push(compileField(name, values));
  for (const [name, values] of Object.entries(section.header ?? {})) {
    const one = oneOf(values);
    const lower = name.toLowerCase();
    parts.push((subject) => one(subject.headers.get(lower)));
  }
  for (const [name, values] of Object.entries(section.query ?? {})) {
    const one = oneOf(values);
    parts.push((subject) => one(queryOf(subject.path, name)));
  }
  const and = section.and?.map(compileCondition);
  if (and !== undefined) parts.push((subject) => and.every((part) => part(subject)));
  const or = section.or?.map(compileCondition);
  if (or !== undefined) parts.push((subject) => or.some((part) => part(subject)));
  const not = section.not === undefined ? undefined : compileCondition(section.not);
  if (not !== undefined) parts.push((subject) => !not(subject));
  return (subject) => parts.every((part) => part(subject));
}

/** Every field that a condition names, with the values it may have, however deep it stands. */
export function* conditionFields(
  section: ConditionSection,
): Generator<{ readonly name: string; readonly values: readonly string[] }> {
  for (const [name, values] of Object.entries(section.fields)) yield { name, values };
  for (const part of [...(section.and ?? []), ...(section.or ?? [])]) yield* conditionFields(part);
  if (section.not !== undefined) yield* conditionFields(section.not);
}

function compileField(name: string, values: readonly string[]): Condition {
  if (name === "roles") {
    const roles = new Set(values);
    return ({ principal }) => principal.roles.some((role) => roles.has(role));
  }
  if (name === "language")
    return (subject) => {
      const tag = declaredLanguage(subject);
      return tag !== undefined && values.some((range) => inLanguageRange(tag, range));
    };
  const one = oneOf(values);
  return isRequestField(name)
    ? (subject) => one(requestFieldOf(subject, name))
    : ({ contract }) => one(contract.field(name));
}

/** Whether a condition's field is one of the request's own. */
export function isRequestField(name: string): name is RequestField {
  return requestFields.some((field) => field === name);
}

type Test = (value: string | undefined) => boolean;

/** Holds for a value that is one of those wanted: `text`, `start*`, or a comparison with a number (`>100`, `>=`, `<`, `<=`). */
function oneOf(values: readonly string[]): Test {
  const exact = new Set<string>();
  const others: ((value: string) => boolean)[] = [];
  for (const value of values) {
    const comparison = comparisonOf(value);
    if (comparison !== undefined) others.push(comparison);
    else if (value.endsWith("*")) others.push((found) => found.startsWith(value.slice(0, -1)));
    else exact.add(value);
  }
  return (value) => value !== undefined && (exact.has(value) || others.some((test) => test(value)));
}

/** The test a comparison stands for; undefined when the value is none. */
export function comparisonOf(value: string): ((found: string) => boolean) | undefined {
  const match = /^(>=|<=|>|<)\s*(\d+(?:\.\d+)?)$/.exec(value);
  if (match === null) return undefined;
  const bound = Number(match[2]);
  switch (match[1]) {
    case ">":
      return (found) => Number(found) > bound;
    case ">=":
      return (found) => Number(found) >= bound;
    case "<":
      return (found) => Number(found) < bound;
    default:
      return (found) => Number(found) <= bound;
  }
}

function queryOf(path: string, name: string): string | undefined {
  const start = path.indexOf("?");
  return start === -1 ? undefined : (new URLSearchParams(path.slice(start + 1)).get(name) ?? undefined);
}
