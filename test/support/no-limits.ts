import type { LimitsSource } from "../../src/admin/limits-api.ts";

/** No limit and no budget. */
export const noLimits: LimitsSource = {
  accounts: async () => [],
  find: () => undefined,
  reset: async () => {},
  grant: async () => {},
  audit: async () => {},
};
