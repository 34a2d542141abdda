import type { Attributes } from "../condition/attributes-of.ts";
import type { Condition } from "../condition/condition.ts";
import type { Only } from "./only.ts";

/** One entry of the config's `routes`, compiled. */
export interface RouteRule {
  /** As the config names it, else its place: `routes[0]`. */
  readonly name: string;
  /** Undefined: every request. */
  readonly when: Condition | undefined;
  /** The model that serves the request. Undefined to keep the one that the client named. */
  readonly use: string | undefined;
  /** Bounds that bind fallbacks too. */
  readonly only: Only | undefined;
}

/** The rules in the config's order. */
export interface Routes {
  /** The first rule that matches. Undefined to keep the model that the client named. */
  find(attributes: Attributes): RouteRule | undefined;
}

/** Compiles rules for lookup. */
export function routesOf(rules: readonly RouteRule[]): Routes {
  return Object.freeze({
    find: (attributes: Attributes) =>
      rules.find(({ when }) => when === undefined || when(attributes) === true),
  });
}
