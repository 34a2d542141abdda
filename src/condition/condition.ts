import { notKnown } from "./attribute.ts";
import type { Attributes } from "./attributes-of.ts";
import type { Comparison, ConditionSection } from "./condition-section.ts";
import { attributes } from "./index.ts";
import { matcherOf } from "./matcher.ts";

/** A compiled condition: whether it holds; undefined if that depends on an attribute that is not known yet. */
export type Condition = (attributes: Attributes) => boolean | undefined;

/** Compiles a condition. */
export function compileCondition(section: ConditionSection): Condition {
  const parts = [...section.comparisons.map(compileComparison), ...section.and.map(compileCondition)];
  if (section.or.length > 0) parts.push(anyOf(section.or.map(compileCondition)));
  if (section.not !== undefined) parts.push(opposite(compileCondition(section.not)));
  return allOf(parts);
}

function compileComparison({ name, key, wanted }: Comparison): Condition {
  const attribute = attributes.find((one) => one.name === name);
  const matches = attribute?.matcher?.(wanted) ?? matcherOf(wanted);
  return (found) => {
    const value = found(name, key);
    if (value === notKnown) return undefined;
    if (value === undefined) return false;
    return typeof value === "string" ? matches(value) : value.some(matches);
  };
}

function allOf(parts: readonly Condition[]): Condition {
  return (found) => {
    let result: boolean | undefined = true;
    for (const part of parts) {
      const holds = part(found);
      if (holds === false) return false;
      if (holds === undefined) result = undefined;
    }
    return result;
  };
}

function anyOf(parts: readonly Condition[]): Condition {
  const noneOf = allOf(parts.map(opposite));
  return opposite(noneOf);
}

function opposite(part: Condition): Condition {
  return (found) => {
    const holds = part(found);
    return holds === undefined ? undefined : !holds;
  };
}
