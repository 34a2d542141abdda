import type { MaybePromise } from "../core/maybe-promise.ts";

/** Counts the tokens of text for one vocabulary or estimator. */
export interface Counter {
  /** Name of what counts: a vocabulary (`o200k_base`) or an estimator (`claude`). Goes into metrics. */
  readonly name: string;
  /** By how much the true count may exceed the counted one, as a factor ≥ 1 (1 for an exact vocabulary). A hold multiplies by it. */
  readonly safetyFactor: number;
  /** The part of each count that calibration adds, as a factor (1: none); who reports a bill to it divides by this. */
  readonly correction: number;
  /** Tokens of one text. Linear in its length whatever it is. */
  count(text: string): number;
  /** Tokens of JSON string contents at these spans of a request body (see {@link TextSpan}). */
  countSpans(body: Buffer, spans: readonly TextSpan[]): number;
  /**
   * The same without holding the event loop: at once when the text is at most 64 KB, else in turns of about half a millisecond. With
   * `stopAbove` it may answer early, with some number above that. Undefined when `signal` is aborted first. The body must not change meanwhile.
   */
  countSpansPaced(
    body: Buffer,
    spans: readonly TextSpan[],
    options?: PacedOptions,
  ): MaybePromise<number | undefined>;
  /** A counter of one streamed text; see {@link StreamCounter}. */
  stream(): StreamCounter;
}

/** How a long count may end before its end. */
export interface PacedOptions {
  /** Only "more than so many tokens?" is asked. */
  readonly stopAbove?: number;
  /** Aborted when nobody waits for the count any more. */
  readonly signal?: AbortSignal;
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
  /** Tokens of everything pushed so far, as if the text ended here. */
  total(): number;
}

/** Finds the counter of a model: by `provider type` and the model's name; never fails (unknown models get a stated estimator). */
export type CounterOf = (provider: string, model: string) => Counter;
