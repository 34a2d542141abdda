import { carriesInto, formatWindow } from "../ledger/window.ts";
import type { RuleAccounts } from "./account-rule.ts";
import type { Policy } from "./policy.ts";

/** The effect of a new config on the accounts of a rule. */
export interface RuleChange {
  /** The limit's or budget's name. */
  readonly name: string;
  /** `carried`: usage so far still counts. `anew`: the new rule starts without usage. */
  readonly kind: "carried" | "anew";
  /** For people: what was changed, from what to what. */
  readonly why: string;
}

/** The limits and budgets of a config whose accounts are not those that the config before kept under the same name. */
export function ruleChanges(before: readonly Policy[], after: readonly Policy[]): readonly RuleChange[] {
  return after.flatMap(({ name, rules }) => {
    const earlier = before.find((policy) => policy.name === name)?.rules ?? [];
    return rules.flatMap((rule) => {
      const change = changeOf(earlier, rule);
      return change === undefined ? [] : [{ name, ...change }];
    });
  });
}

function changeOf(
  earlier: readonly RuleAccounts[],
  rule: RuleAccounts,
): Omit<RuleChange, "name"> | undefined {
  const ofUnit = earlier.filter(({ unit }) => unit === rule.unit);
  const [first] = ofUnit;
  if (first === undefined || rule.window.kind === "open" || rule.window.kind === "bucket") return undefined;
  const [keptBy, keeps] = [first.fields.join(", ") || "none", rule.fields.join(", ") || "none"];
  if (keptBy !== keeps)
    return { kind: "anew", why: `its accounts were kept by ${keptBy}, and are kept by ${keeps}` };
  const windows = ofUnit.map(({ window }) => formatWindow(window));
  const window = formatWindow(rule.window);
  if (windows.includes(window)) return undefined;
  const isCarried = ofUnit.some((one) => carriesInto(one.window, rule.window));
  return {
    kind: isCarried ? "carried" : "anew",
    why: `its window was ${windows.join(", ")}, and is ${window}`,
  };
}
