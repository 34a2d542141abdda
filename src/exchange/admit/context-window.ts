import { modelFactsOf } from "../../plan/model-facts.ts";
import type { Target } from "../../plan/plan.ts";
import type { Admitted } from "../state/exchange.ts";

/** Input and output that a target takes together, in tokens: as its backend states, else as is known of its model. Undefined if unknown. */
export function contextWindowOf(
  { exchange: { snapshot } }: Admitted,
  { backend, model }: Target,
): number | undefined {
  return snapshot.backends.get(backend)?.contextWindow ?? modelFactsOf(model).contextTokensMax;
}
