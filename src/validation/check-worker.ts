import { type LinearPattern, linearPattern } from "../core/linear-pattern.ts";
import { serveOrders } from "../core/serve-orders.ts";
import type { CheckAnswer, CheckOrder } from "./check-order.ts";
import { compileSchema } from "./compile-schema.ts";
import { parseText } from "./json-text.ts";

/** Regular expressions that stay compiled; the first is forgotten first. */
const patternsMax = 256;
const patterns = new Map<string, LinearPattern>();

serveOrders((order: CheckOrder) => ({ answer: check(order) }));

function check(order: CheckOrder): CheckAnswer {
  if (order.kind === "pattern")
    return patternOf(order.source, order.ignoreCase).test(order.text) ? "passes" : "fails";
  if (order.kind === "json") return parseText(order.text, order.codeFence) === undefined ? "fails" : "passes";
  const schema = compileSchema(order.schema);
  if (schema.kind === "unreadable") return "unreadable";
  if (order.kind === "read") return "passes";
  const parsed = parseText(order.text, order.codeFence);
  return parsed !== undefined && schema.fits(parsed.value) ? "passes" : "fails";
}

function patternOf(source: string, ignoreCase: boolean): LinearPattern {
  const key = `${ignoreCase}/${source}`;
  const known = patterns.get(key) ?? linearPattern(source, ignoreCase);
  patterns.set(key, known);
  if (patterns.size > patternsMax) {
    const [first] = patterns.keys();
    if (first !== undefined) patterns.delete(first);
  }
  return known;
}
