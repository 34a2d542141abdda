import { chain, type MaybePromise } from "../../core/maybe-promise.ts";
import {
  type Correction,
  noCorrection,
  type PacedOptions,
  type StreamCounter,
  type TextSpan,
  type TokenCounter,
} from "./counter.ts";

/** Counts by another family's vocabulary, times a factor and a learnt correction, rounded up. */
export class EstimatedCounter implements TokenCounter {
  readonly name: string;
  readonly vocabulary: TokenCounter;
  readonly factor: number;
  readonly safetyFactor: number;
  readonly correction: Correction;
  readonly #scale: number;

  constructor(
    name: string,
    vocabulary: TokenCounter,
    factor: number,
    safetyFactor: number,
    correction: Correction = noCorrection,
  ) {
    this.name = name;
    this.vocabulary = vocabulary;
    this.factor = factor;
    this.safetyFactor = safetyFactor;
    this.correction = correction;
    this.#scale = factor * correction.factor;
  }

  count(text: string, tenant?: string): number {
    return Math.ceil(this.vocabulary.count(text, tenant) * this.#scale);
  }

  countSpans(body: Buffer, spans: readonly TextSpan[], tenant?: string): number {
    return Math.ceil(this.vocabulary.countSpans(body, spans, tenant) * this.#scale);
  }

  countSpansPaced(
    body: Buffer,
    spans: readonly TextSpan[],
    options: PacedOptions = {},
  ): MaybePromise<number | undefined> {
    const { stopAbove = Number.POSITIVE_INFINITY } = options;
    const counted = this.vocabulary.countSpansPaced(body, spans, {
      ...options,
      stopAbove: stopAbove / this.#scale,
    });
    return chain(counted, (tokens) => (tokens === undefined ? undefined : Math.ceil(tokens * this.#scale)));
  }

  stream(tenant?: string): StreamCounter {
    const stream = this.vocabulary.stream(tenant);
    return {
      push: (text) => stream.push(text),
      catchUp: () => stream.catchUp(),
      total: () => Math.ceil(stream.total() * this.#scale),
    };
  }
}
