import { z } from "zod";
import { defineIdentity } from "./identity-kind.ts";
import { principalOf, principalShape } from "./principal-section.ts";

/** Serves requests that carry no credential; with `acceptAnyKey` any, for laptops whose SDKs insist on sending one. */
export const anonymous = defineIdentity({
  type: "anonymous",
  schema: z.strictObject({
    type: z.literal("anonymous"),
    ...principalShape,
    acceptAnyKey: z.boolean().default(false),
  }),
  create(section) {
    const recognised = Object.freeze({
      kind: "principal",
      principal: principalOf(section, undefined, new Map()),
    } as const);
    const unrecognised = Object.freeze({ kind: "unrecognised" } as const);
    return {
      type: "anonymous",
      decidesAll: section.acceptAnyKey,
      identify: (credential) =>
        credential === undefined || section.acceptAnyKey ? recognised : unrecognised,
    };
  },
});
