/** Counts the tokens of text for one vocabulary or estimator. */
export interface Counter {
  /** Name of what counts: a vocabulary (`o200k_base`) or an estimator (`claude`). Goes into metrics. */
  readonly name: string;
  /** By how much the true count may exceed the counted one, as a factor ≥ 1 (1 for an exact vocabulary). A hold multiplies by it. */
  readonly safetyFactor: number;
  /** Tokens of one text. Linear in its length whatever it is. */
  count(text: string): number;
  /** Tokens of JSON string contents at these spans of a request body (see {@link TextSpan}). */
  countSpans(body: Buffer, spans: readonly TextSpan[]): number;
  /** A counter of one streamed text; see {@link StreamCounter}. */
  stream(): StreamCounter;
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
