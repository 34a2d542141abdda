import { chain, type MaybePromise } from "../core/maybe-promise.ts";
import type { Counter, PacedOptions, StreamCounter, TextSpan } from "./counter.ts";
import type { Family } from "./family-table.ts";

/** Counts a family whose vocabulary is not public: by another one, times the family's factor, rounded up. */
export class EstimatedCounter implements Counter {
  readonly name: string;
  readonly safetyFactor: number;
  private readonly factor: number;
  private readonly counter: Counter;

  constructor(family: Family, counter: Counter) {
    this.name = family.name;
    this.safetyFactor = family.safetyFactor;
    this.factor = family.factor;
    this.counter = counter;
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
