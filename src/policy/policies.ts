import type { Attributes } from "../condition/attributes-of.ts";
import { GatewayError } from "../core/errors.ts";
import { type Caps, uncapped } from "../plan/caps.ts";
import type { ModelAccess, Policy } from "./policy.ts";

/** Longest part of a model's name that an error quotes, in UTF-16 units. */
const quotedLengthMax = 100;

/** The joint decision of several policies. */
export interface JointPolicies {
  /** The refusal (`forbidden`) if the caller may not use one of these models, by whatever dated or prefixed name; undefined if all are allowed. */
  access(models: readonly string[], attributes: Attributes): GatewayError | undefined;
  /** True if an access rule names this entry of the config's `models`. */
  hasAccessRule(entry: string): boolean;
  /** The caps of the first rule that says something about the request. */
  caps(attributes: Attributes): Caps;
}

/** Joins policies: access is allowed by any of the rules that name a model, caps are those of the first rule that matches. */
export function joinPolicies(policies: readonly Policy[]): JointPolicies {
  const guards = policies.flatMap(({ access }) => access ?? []);
  const capping = policies.filter(({ caps }) => caps !== undefined);
  return {
    access: (models, attributes) => {
      const refused = models.find((model) => !mayUse(guards, model, attributes));
      if (refused === undefined) return undefined;
      const message = `this caller may not use the model ${refused.slice(0, quotedLengthMax)}`;
      return new GatewayError("forbidden", message, { param: "model" });
    },
    hasAccessRule: (entry) => guards.some((guard) => guard.namesEntry(entry)),
    caps: (attributes) => {
      for (const policy of capping) {
        const caps = policy.caps?.(attributes);
        if (caps !== undefined) return caps;
      }
      return uncapped;
    },
  };
}

function mayUse(guards: readonly ModelAccess[], model: string, attributes: Attributes): boolean {
  const about = guards.filter((guard) => guard.names(model));
  return about.length === 0 || about.some((guard) => guard.allows(attributes));
}
