import type { BudgetsSource } from "../../../src/admin/budgets-api.ts";

/** No limit and no budget. */
export const noBudgets: BudgetsSource = {
  accounts: async () => [],
  find: () => undefined,
  named: () => [],
  reset: async () => {},
  grant: async () => {},
  degradeOf: () => undefined,
  audit: async () => {},
};
