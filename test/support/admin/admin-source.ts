import type { AdminSource } from "../../../src/admin/admin-source.ts";
import { noBudgets } from "./no-budgets.ts";
import { noOverrides } from "./no-overrides.ts";

/** What an admin interface shows where a test gives nothing else. */
export function adminSource(given: Partial<AdminSource> & Pick<AdminSource, "usage">): AdminSource {
  return {
    unreadyReasons: () => [],
    targets: () => ({ targets: [], retry_budget: { requests: 0, retries: 0, allowed: 30 } }),
    metrics: async () => ({ contentType: "text/plain", text: "" }),
    config: () => ({}),
    token: () => undefined,
    ownToken: () => undefined,
    nowMs: () => 0,
    budgets: noBudgets,
    overrides: noOverrides,
    ...given,
  };
}
