import type { Attribute } from "../attribute.ts";

/** A header of the request, whatever its case. */
export const header: Attribute = {
  name: "header",
  keyed: true,
  read: ({ headers }, key) => headers.get(key.toLowerCase()),
};
