import type { KindContext } from "../core/kind.ts";
import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import { ruleKinds } from "./index.ts";
import type { Rule } from "./rule.ts";
import type { AskedFormat, RuleFor } from "./rule-kind.ts";
import type { ValidationSection } from "./validation-section.ts";

/** The checks of one model's answers. */
export interface Validation {
  /** The config's entry of `models`: may be a pattern. */
  readonly model: string;
  readonly onFail: ValidationSection["onFail"];
  readonly stream: ValidationSection["stream"];
  /** Targets with a smaller share of passing answers, from 0 to 1, are asked after all others. Undefined to keep the order. */
  readonly minPassRate: number | undefined;
  /** Names of the rules, in the order they are checked. */
  readonly names: readonly string[];
  /** The request's own response format decides what is checked. */
  readonly asksFormat: boolean;
  /** The checks for one request. */
  rulesFor(asked: AskedFormat | undefined, tenantId: string): MaybePromise<BoundRules>;
}

/** The rules that one request's answers are checked by. */
export interface BoundRules {
  readonly rules: readonly Rule[];
  /** Names of rules that cannot be checked, for what the request asks for cannot be read here. */
  readonly unreadable: readonly string[];
}

/** Compiles a checked section; `inputs.refuse` is told which key can be no rule, and why. */
export function compileValidation(
  model: string,
  section: ValidationSection,
  context: KindContext<{ refuse(key: string, why: string): void }>,
): Validation {
  const values = new Map<string, unknown>(Object.entries(section));
  const { codeFence } = section;
  const configured = ruleKinds.flatMap((kind): { readonly name: string; readonly ruleFor: RuleFor }[] => {
    const { name } = kind;
    const value = values.get(name);
    if (value === undefined) return [];
    // Its own schema made the value, and the kind alone takes it.
    const inputs = { codeFence, refuse: (why: string) => context.inputs.refuse(name, why) };
    return [{ name, ruleFor: kind.create(value as never, { ...context, inputs }) }];
  });
  return Object.freeze<Validation>({
    model,
    onFail: section.onFail,
    stream: section.stream,
    minPassRate: section.minPassRate,
    names: Object.freeze(configured.map(({ name }) => name)),
    asksFormat: values.get("jsonSchema") === "auto",
    rulesFor: (asked, tenantId) => {
      const none: BoundRules = { rules: [], unreadable: [] };
      return configured.reduce<MaybePromise<BoundRules>>(
        (before, { name, ruleFor }) =>
          chain(before, (bound) =>
            chain(ruleFor(asked, tenantId), (rule) => {
              if (rule === undefined) return bound;
              if (rule === "unreadable") return { ...bound, unreadable: [...bound.unreadable, name] };
              return { ...bound, rules: [...bound.rules, rule] };
            }),
          ),
        none,
      );
    },
  });
}
