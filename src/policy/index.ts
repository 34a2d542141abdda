import { access } from "./access.ts";
import { budget } from "./budget.ts";
import { caps } from "./caps.ts";
import { concurrency } from "./concurrency.ts";
import type { PolicyKind } from "./policy-kind.ts";
import { rateLimit } from "./rate-limit.ts";

/** Every kind of entry the config's lists of policies may have; in each list, the first that recognises an entry checks it. */
export const policyKinds: readonly PolicyKind[] = [access, caps, concurrency, rateLimit, budget];
