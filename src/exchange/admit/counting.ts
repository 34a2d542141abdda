import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import { formatTarget, type Target } from "../../plan/plan.ts";
import type { TokenCounter } from "../../tokens/counters/counter.ts";
import { neutralModel, neutralProvider } from "../../tokens/models/neutral-model.ts";
import { type InputCount, inputCountOf } from "../../tokens/request/input-count.ts";
import { requestWeight } from "../../tokens/request/request-weight.ts";
import type { Admitted } from "../state/exchange.ts";

/**
 * Counts the request's input for each target. Text is counted once for all targets that share a vocabulary, and long text in turns, so that other exchanges do not wait. Where
 * no target allows more than `stopAbove` tokens, counting ends there, with a count above it. When the client leaves, nothing is counted.
 */
export function countInput(
  admitted: Admitted,
  targets: readonly Target[],
  stopAbove: number = Number.POSITIVE_INFINITY,
): MaybePromise<void> {
  const missing = targets.filter((target) => !admitted.inputCounts.has(formatTarget(target)));
  const counters = missing.map((target) => counterOfTarget(admitted, target));
  const text = new Map<TokenCounter, number>();
  return chain(countText(admitted, counters, stopAbove, text, 0), () => {
    for (const [index, target] of missing.entries()) noteCount(admitted, target, counters[index], text);
  });
}

/** The input of a target, which must have been counted. */
export function inputCountFor(admitted: Admitted, target: Target): InputCount | undefined {
  return admitted.inputCounts.get(formatTarget(target));
}

/** The counter of a target's model; within an exchange it stays what it was when the input was counted. */
export function counterOfTarget(admitted: Admitted, target: Target): TokenCounter {
  const key = formatTarget(target);
  const known = admitted.inputCounts.get(key)?.counter;
  return known ?? admitted.exchange.services.counterOf(providerTypeOf(admitted, target), target.model, key);
}

/** Counts the input before its route is known, by a counter that belongs to no target, where a condition compares its size. */
export function countForRoute(admitted: Admitted): MaybePromise<void> {
  const { body, closing, services, snapshot } = admitted.exchange;
  const { bytes } = body;
  if (!snapshot.compareInputTokens || bytes === undefined) return;
  const { vocabulary } = services.counterOf(neutralProvider, neutralModel, neutral);
  const counted = vocabulary.countSpansPaced(bytes, admitted.facts.text, { caller: closing });
  return chain(counted, (tokens) => {
    admitted.neutralTokens = tokens;
  });
}

/** A target name that never occurs, so its counts are never corrected. */
const neutral = "";

/** Counts the text by each vocabulary among the counters, one after the other. */
function countText(
  admitted: Admitted,
  counters: readonly TokenCounter[],
  stopAbove: number,
  text: Map<TokenCounter, number>,
  index: number,
): MaybePromise<void> {
  const vocabulary = counters[index]?.vocabulary;
  const { body, closing, principal } = admitted.exchange;
  if (vocabulary === undefined || body.bytes === undefined) return;
  if (text.has(vocabulary)) return countText(admitted, counters, stopAbove, text, index + 1);
  const { facts } = admitted;
  const counted = vocabulary.countSpansPaced(body.bytes, facts.text, {
    caller: closing,
    tenant: principal.tenantId,
    stopAbove: stopAbove / scaleMin(counters, vocabulary),
  });
  return chain(counted, (tokens) => {
    // The client has left.
    if (tokens === undefined) return;
    text.set(vocabulary, tokens);
    return countText(admitted, counters, stopAbove, text, index + 1);
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
  admitted: Admitted,
  target: Target,
  counter: TokenCounter | undefined,
  text: ReadonlyMap<TokenCounter, number>,
): void {
  const tokens = counter === undefined ? undefined : text.get(counter.vocabulary);
  if (counter === undefined || tokens === undefined) return;
  const { parts } = admitted.facts;
  const weight = requestWeight(providerTypeOf(admitted, target), target.model, parts);
  admitted.inputCounts.set(formatTarget(target), inputCountOf(counter, tokens, weight));
}

function providerTypeOf(admitted: Admitted, { backend }: Target): string {
  return admitted.exchange.snapshot.backends.get(backend)?.provider.type ?? "";
}
