import { z } from "zod";
import type { Supports } from "../dialect/feature.ts";
import { modelFactsOf } from "../plan/model-facts.ts";
import type { Target } from "../plan/plan.ts";
import { meets, requirements } from "./requirement.ts";

const names = z
  .union([z.string().min(1), z.array(z.string().min(1)).min(1)], {
    error: "must be a name or a list of names",
  })
  .transform((value) => (Array.isArray(value) ? value : [value]));

/** Bounds that no target of a request may cross, fallbacks included, as the config writes them. */
export const onlySection = z
  .strictObject({
    private: z.boolean().optional(),
    region: names.optional(),
    provider: names.optional(),
    backend: names.optional(),
    capability: z
      .union([z.enum(requirements), z.array(z.enum(requirements)).min(1)])
      .transform((value) => (Array.isArray(value) ? value : [value]))
      .optional(),
    contextWindow: z.int().min(1).optional(),
  })
  .refine((only) => Object.keys(only).length > 0, "must name at least one bound");

/** An {@link onlySection}, checked. */
export type Only = z.output<typeof onlySection>;

/** Facts about a target's backend that bounds compare. */
export interface TargetFacts {
  readonly provider: string;
  readonly region: string | undefined;
  readonly private: boolean;
  /** The features of the format that the target would be asked in. Undefined if that is the client's own format, which has no table. */
  readonly supports: Supports<string> | undefined;
  /** Input and output together, in tokens, of every model there. Undefined to use what is known of each model. */
  readonly contextWindow: number | undefined;
}

/** The reason why a target lies outside a bound, or undefined if it lies within. Unknown abilities of a model count as missing. */
export function outsideOf(only: Only, target: Target, place: TargetFacts): string | undefined {
  if (only.private !== undefined && place.private !== only.private)
    return only.private ? "it is not private" : "it is private";
  if (only.region !== undefined && !(place.region !== undefined && only.region.includes(place.region)))
    return `it is not in region ${only.region.join(" or ")}`;
  if (only.provider !== undefined && !only.provider.includes(place.provider))
    return `its provider is not ${only.provider.join(" or ")}`;
  if (only.backend !== undefined && !only.backend.includes(target.backend))
    return `its backend is not ${only.backend.join(" or ")}`;
  const facts = modelFactsOf(target.model);
  const missing = only.capability?.find((requirement) => !meets(requirement, facts, place.supports));
  if (missing !== undefined) return `it is not known to be able to do ${missing}`;
  const window = place.contextWindow ?? facts.contextTokensMax ?? 0;
  if (only.contextWindow !== undefined && window < only.contextWindow)
    return `its context window is not known to be ${only.contextWindow} tokens`;
  return undefined;
}

/** A target that was thought of and not taken, and why. */
export interface Rejected {
  readonly target: Target;
  readonly reason: string;
  /** The request's field that conflicts with the bound, as the client wrote it. Undefined if no field does. */
  readonly field: string | undefined;
}
