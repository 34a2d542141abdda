import type { Attribute } from "../attribute.ts";

/** The caller's roles: one of them has to match. */
export const roles: Attribute = { name: "roles", read: ({ principal }) => principal.roles };
