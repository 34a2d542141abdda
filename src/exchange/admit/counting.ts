import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { formatTarget, type Target } from "../../plan/plan.ts";
import type { TokenCounter } from "../../tokens/counters/counter.ts";
import { type InputCount, inputCountOf } from "../../tokens/request/input-count.ts";
import { requestWeight } from "../../tokens/request/request-weight.ts";
import { admitted, type Exchange } from "../state/exchange.ts";

/**
 * Counts the request's input for each target. Text is counted once for all targets that share a vocabulary, and long text in turns, so that other exchanges do not wait. Where
 * no target allows more than `stopAbove` tokens, counting ends there, with a count above it. When the client leaves, nothing is counted.
 */
export function countInput(
  exchange: Exchange,
  targets: readonly Target[],
  stopAbove: number = Number.POSITIVE_INFINITY,
): MaybePromise<void> {
  const missing = targets.filter((target) => !exchange.inputCounts.has(formatTarget(target)));
  const counters = missing.map((target) => counterOfTarget(exchange, target));
  const text = new Map<TokenCounter, number>();
  return chain(countText(exchange, counters, stopAbove, text, 0), () => {
    for (const [index, target] of missing.entries()) noteCount(exchange, target, counters[index], text);
  });
}

/** The input of a target, which must have been counted. */
export function inputCountFor(exchange: Exchange, target: Target): InputCount | undefined {
  return exchange.inputCounts.get(formatTarget(target));
}

/** The counter of a target's model; within an exchange it stays what it was when the input was counted. */
export function counterOfTarget(exchange: Exchange, target: Target): TokenCounter {
  const key = formatTarget(target);
  const known = exchange.inputCounts.get(key)?.counter;
  return known ?? exchange.services.counterOf(providerTypeOf(exchange, target), target.model, key);
}

/** Counts the input before its route is known, by a counter that belongs to no target, where a condition compares its size. */
export function countForRoute(exchange: Exchange): MaybePromise<void> {
  const { original, snapshot, services } = exchange;
  if (!snapshot.compareInputTokens || original === undefined) return;
  const { vocabulary } = services.counterOf("openai", "gpt-4o", neutral);
  const counted = vocabulary.countSpansPaced(original, admitted(exchange).facts.text, {
    caller: exchange.closing,
  });
  return chain(counted, (tokens) => {
    exchange.neutralTokens = tokens;
  });
}

/** A target name that never occurs, so its counts are never corrected. */
const neutral = "";

/** Counts the text by each vocabulary among the counters, one after the other. */
function countText(
  exchange: Exchange,
  counters: readonly TokenCounter[],
  stopAbove: number,
  text: Map<TokenCounter, number>,
  index: number,
): MaybePromise<void> {
  const vocabulary = counters[index]?.vocabulary;
  const { original } = exchange;
  if (vocabulary === undefined || original === undefined) return;
  if (text.has(vocabulary)) return countText(exchange, counters, stopAbove, text, index + 1);
  const { facts } = admitted(exchange);
  const counted = vocabulary.countSpansPaced(original, facts.text, {
    caller: exchange.closing,
    tenant: exchange.principal.tenantId,
    stopAbove: stopAbove / scaleMin(counters, vocabulary),
  });
  return chain(counted, (tokens) => {
    // Nobody waits for this request any more.
    if (tokens === undefined) return;
    text.set(vocabulary, tokens);
    return countText(exchange, counters, stopAbove, text, index + 1);
  });
}

/** The least that the counters of a vocabulary make of one of its tokens: a count above the limit for this counter is above it for all. */
function scaleMin(counters: readonly TokenCounter[], vocabulary: TokenCounter): number {
  let min = Number.POSITIVE_INFINITY;
  for (const counter of counters) {
    if (counter.vocabulary === vocabulary) min = Math.min(min, counter.factor * counter.correction.factor);
  }
  return min;
}

function noteCount(
  exchange: Exchange,
  target: Target,
  counter: TokenCounter | undefined,
  text: ReadonlyMap<TokenCounter, number>,
): void {
  const tokens = counter === undefined ? undefined : text.get(counter.vocabulary);
  if (counter === undefined || tokens === undefined) return;
  const { parts } = admitted(exchange).facts;
  const weight = requestWeight(providerTypeOf(exchange, target), target.model, parts);
  exchange.inputCounts.set(formatTarget(target), inputCountOf(counter, tokens, weight));
}

function providerTypeOf(exchange: Exchange, { backend }: Target): string {
  return exchange.snapshot.backends.get(backend)?.provider.type ?? "";
}
