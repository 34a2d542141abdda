import type { TokenCounter } from "../counters/counter.ts";
import type { Weight } from "./request-weight.ts";

/** The input tokens of a request for one model: its text and everything else. */
export interface InputCount {
  readonly counter: TokenCounter;
  /** As counted, without any correction: what a bill is compared with. Not rounded. */
  readonly counted: number;
  /** The part of `counted` that is text, and not framing, tools or media. */
  readonly text: number;
  /** The count: corrected, a whole number. */
  readonly tokens: number;
  /** Upper bound, by the stated errors or by the learnt ones, whichever is more. Bills can make a hold larger, but never smaller. */
  readonly tokensMax: number;
}

/** Puts the count together; `vocabularyTokens` is that of the counter's vocabulary, which may have been counted for other models too. */
export function inputCountOf(counter: TokenCounter, vocabularyTokens: number, weight: Weight): InputCount {
  const { factor, safetyFactor, correction } = counter;
  const text = vocabularyTokens * factor;
  const counted = text + weight.tokens;
  const corrected = counted * correction.factor;
  const stated = text * safetyFactor + weight.tokensMax;
  return {
    counter,
    counted,
    text,
    tokens: Math.ceil(corrected),
    tokensMax: Math.ceil(Math.max(stated, corrected * correction.safetyFactor)),
  };
}
