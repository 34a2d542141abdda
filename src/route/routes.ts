import type { Condition } from "./condition.ts";
import type { Only } from "./only.ts";
import type { Subject } from "./subject.ts";

/** One entry of the config's `routes`, compiled. */
export interface RouteRule {
  /** Where it stands in the config: `routes[0]`. */
  readonly name: string;
  /** Undefined: every request. */
  readonly when: Condition | undefined;
  readonly asksInputTokens: boolean;
  /** The model that serves the request; undefined: the one the client named. */
  readonly use: string | undefined;
  /** Bounds that bind fallbacks too. */
  readonly only: Only | undefined;
}

/** The rules in the config's order. */
export interface Routes {
  /** Whether a rule compares the size of the input: only then it is counted before the route is known. */
  readonly askInputTokens: boolean;
  /** The first rule that matches; undefined: the model that the client named is used. */
  find(subject: Subject): RouteRule | undefined;
}

/** Compiles rules for lookup. */
export function routesOf(rules: readonly RouteRule[]): Routes {
  return Object.freeze({
    askInputTokens: rules.some((rule) => rule.asksInputTokens),
    find: (subject: Subject) => rules.find(({ when }) => when === undefined || when(subject)),
  });
}
