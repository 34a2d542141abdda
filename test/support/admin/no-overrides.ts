import type { OverridesSource } from "../../../src/admin/overrides-api.ts";
import type { Override } from "../../../src/route/override.ts";

/** An interface to overrides where nobody steers. */
export const noOverrides: OverridesSource = {
  steering: {
    list: () => [],
    draft: (asked): Override => ({ ...asked, id: "none", sinceMs: 0, untilMs: undefined }),
    order: async () => 0,
    lift: async () => {},
  },
  snapshot: () => {
    throw new Error("nobody steers here");
  },
  audit: async () => {},
};
