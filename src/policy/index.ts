import { budget } from "./budget.ts";
import { concurrency } from "./concurrency.ts";
import type { PolicyKind } from "./policy-kind.ts";
import { rateLimit } from "./rate-limit.ts";

/** Every kind of entry the config's lists of policies may have; in each list, the first that recognises an entry checks it. */
export const policyKinds: readonly PolicyKind[] = [concurrency, rateLimit, budget];
