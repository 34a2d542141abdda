import type { MaybePromise } from "../../core/maybe-promise.ts";

/** Counts the tokens of text for one model's family: exactly by its vocabulary, or as an estimate from the vocabulary that is closest. */
export interface TokenCounter {
  /** Name of what counts: a vocabulary (`o200k_base`) or an estimator (`claude`). Goes into metrics. */
  readonly name: string;
  /** The exact counter whose count this one scales; itself for a family that is exact. A text is counted once for all that share one. */
  readonly vocabulary: TokenCounter;
  /** Tokens for each of the vocabulary's, as stated: 1 for an exact vocabulary. */
  readonly factor: number;
  /** By how much the true count may exceed the uncorrected one, as a factor ≥ 1: the stated error (1 for an exact vocabulary). */
  readonly safetyFactor: number;
  /** The correction learnt from bills of the model. */
  readonly correction: Correction;
  /** Tokens of one text, corrected. Linear in its length whatever it is. Texts of one `tenant` help each other to be counted faster, and no others. */
  count(text: string, tenant?: string): number;
  /** Tokens of JSON string contents at these spans of a request body (see {@link TextSpan}). */
  countSpans(body: Buffer, spans: readonly TextSpan[], tenant?: string): number;
  /**
   * The same without holding the event loop: at once when the text is at most 64 KB, else in turns of about half a millisecond. With
   * `stopAbove` it may answer early, with some number above that. Undefined when its `caller` is over first. The body must not change meanwhile.
   */
  countSpansPaced(
    body: Buffer,
    spans: readonly TextSpan[],
    options?: PacedOptions,
  ): MaybePromise<number | undefined>;
  /** A counter of one streamed text; see {@link StreamCounter}. */
  stream(tenant?: string): StreamCounter;
}

/** The correction of a model's counts, from what its provider has billed. */
export interface Correction {
  /** The factor to multiply a count by. */
  readonly factor: number;
  /** By how much the true count may exceed the corrected one, as a factor ≥ 1. */
  readonly safetyFactor: number;
}

/** The correction of what is exact, or of which no bill is known. */
export const noCorrection: Correction = Object.freeze({ factor: 1, safetyFactor: 1 });

/** The requester of a count; once `over`, nobody waits for it any more. */
export interface Caller {
  readonly over: boolean;
}

/** Ways in which a long count may end early. */
export interface PacedOptions {
  /** Only "more than so many tokens?" is asked. */
  readonly stopAbove?: number;
  /** Whose text it is: see {@link TokenCounter.count}. */
  readonly tenant?: string;
  /** The requester of the count. */
  readonly caller?: Caller;
}

/** The inside of one JSON string in a body: bytes from `start` to `end`, quotes excluded; `escaped` when it contains a backslash. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
  readonly escaped: boolean;
}

/** Counts text that comes in pieces cut anywhere; `total()` equals the count of the whole text. */
export interface StreamCounter {
  push(text: string): void;
  /** Counts long pieces that wait, in turns that leave the event loop free. Undefined if none does. */
  catchUp(): Promise<void> | undefined;
  /** Tokens of everything pushed so far, as if the text ended here. */
  total(): number;
}

/**
 * Finds the counter of a model by the provider's type and the model's name; never fails (unknown models get a stated estimator). `target`
 * is what bills are known by (`backend/model`); what a counter was corrected by does not change any more.
 */
export type CounterOf = (provider: string, model: string, target: string) => TokenCounter;
