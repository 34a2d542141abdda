import { z } from "zod";
import type { Principal } from "./principal.ts";

const name = z
  .string()
  .regex(/^[^\p{Cc}|]{1,128}$/u, "must be 1 to 128 characters, without control characters and |");

/** The keys of a config entry that say who its credential is. */
export const principalShape = {
  tenant_id: name,
  user_id: name.optional(),
  team: name.optional(),
  app: name.optional(),
  roles: z.array(name).max(64).default([]),
};

type PrincipalSection = z.output<z.ZodObject<typeof principalShape>>;

/** The principal that an entry describes, frozen. */
export function principalOf(
  section: PrincipalSection,
  keyName: string | undefined,
  fields: ReadonlyMap<string, string>,
): Principal {
  return Object.freeze({
    tenantId: section.tenant_id,
    userId: section.user_id,
    team: section.team,
    app: section.app,
    roles: Object.freeze([...section.roles]),
    keyName,
    fields,
  });
}
