import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { Counter, PacedOptions, StreamCounter, TextSpan } from "./counter.ts";

/** Counts by another vocabulary, times a factor, rounded up. */
export class EstimatedCounter implements Counter {
  readonly name: string;
  readonly safetyFactor: number;
  readonly correction: number;
  private readonly factor: number;
  private readonly counter: Counter;

  /** `correction` is the part of the factor that was learnt. */
  constructor(name: string, counter: Counter, factor: number, safetyFactor: number, correction = 1) {
    this.name = name;
    this.counter = counter;
    this.factor = factor * correction;
    this.safetyFactor = safetyFactor;
    this.correction = correction;
  }

  count(text: string): number {
    return Math.ceil(this.counter.count(text) * this.factor);
  }

  countSpans(body: Buffer, spans: readonly TextSpan[]): number {
    return Math.ceil(this.counter.countSpans(body, spans) * this.factor);
  }

  countSpansPaced(
    body: Buffer,
    spans: readonly TextSpan[],
    { signal, stopAbove }: PacedOptions = {},
  ): MaybePromise<number | undefined> {
    const options = {
      ...(signal && { signal }),
      ...(stopAbove !== undefined && { stopAbove: stopAbove / this.factor }),
    };
    const counted = this.counter.countSpansPaced(body, spans, options);
    return chain(counted, (tokens) => (tokens === undefined ? undefined : Math.ceil(tokens * this.factor)));
  }

  stream(): StreamCounter {
    const stream = this.counter.stream();
    return {
      push: (text) => stream.push(text),
      total: () => Math.ceil(stream.total() * this.factor),
    };
  }
}
