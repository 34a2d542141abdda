import { budgets, grantBudget, raiseBudget, resetBudget } from "./budgets.ts";
import { config } from "./config.ts";
import type { Endpoint } from "./endpoint.ts";
import { livez, readyz } from "./health.ts";
import { metrics } from "./metrics.ts";
import { addOverride, overrides, removeOverride } from "./overrides.ts";
import { targets } from "./targets.ts";
import { usageRecords, usageReport } from "./usage.ts";

/** Every endpoint of the admin interface, in the order of the reference. */
export const endpoints: readonly Endpoint[] = [
  livez,
  readyz,
  metrics,
  config,
  targets,
  usageReport,
  usageRecords,
  budgets,
  resetBudget,
  grantBudget,
  raiseBudget,
  overrides,
  addOverride,
  removeOverride,
];
