import { z } from "zod";
import type { ContractReader } from "./contract.ts";

const scalar = z
  .union([z.string().min(1), z.boolean(), z.number()], { error: "must be text" })
  .transform(String);
const wanted = z
  .union([scalar, z.array(scalar).min(1)], { error: "must be a value or a list of values" })
  .transform((value) => (Array.isArray(value) ? value : [value]));

/** A condition as the config writes it: each field named must have one of its values; `roles` holds when the caller has one of them. */
export const matchSection = z
  .record(z.string(), wanted)
  .refine((fields) => Object.keys(fields).length > 0, "must name at least one field");

/** A {@link matchSection}, checked. */
export type MatchSection = z.output<typeof matchSection>;

/** A compiled condition over one request's fields and its caller's roles. */
export type Match = (field: (name: string) => string | undefined, roles: readonly string[]) => boolean;

/** Compiles a condition. */
export function compileMatch(section: MatchSection): Match {
  const roles = section.roles === undefined ? undefined : new Set(section.roles);
  const fields = Object.entries(section)
    .filter(([name]) => name !== "roles")
    .map(([name, values]) => ({ name, values: new Set(values) }));
  return (field, callersRoles) => {
    if (roles !== undefined && !callersRoles.some((role) => roles.has(role))) return false;
    for (const { name, values } of fields) {
      const value = field(name);
      if (value === undefined || !values.has(value)) return false;
    }
    return true;
  };
}

/** What makes a condition one that can never hold: a field nobody has, or a value the field cannot have. */
export function* matchProblems(
  section: MatchSection,
  contract: ContractReader,
): Generator<{ readonly field: string; readonly message: string }> {
  for (const [field, values] of Object.entries(section)) {
    if (field !== "roles" && !contract.fieldNames.has(field))
      yield { field, message: `"${field}" is no field of the contract: this could never match` };
    for (const value of values) {
      const message = contract.valueProblem(field, value);
      if (message !== undefined) yield { field, message: `${message}: this could never match` };
    }
  }
}
