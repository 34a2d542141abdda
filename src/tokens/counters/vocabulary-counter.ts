import type { MaybePromise } from "../../core/maybe-promise.ts";
import { Engine } from "../engine/engine.ts";
import type { VocabularyName } from "../engine/vocabulary.ts";
import {
  noCorrection,
  type PacedOptions,
  type StreamCounter,
  type TextSpan,
  type TokenCounter,
} from "./counter.ts";
import { type Unescaping, unescapeInPlace } from "./json-text.ts";
import { countPaced } from "./paced-count.ts";
import { streamCounterOf } from "./stream-counter.ts";
import { asUtf8, groupEnd, isUtf8Between, TextMemory } from "./text-memory.ts";

/** Text up to this size is counted at once: a fraction of a millisecond. */
export const inlineMaxBytes = 1 << 16;

const encoder = new TextEncoder();

/** Counts exactly by one vocabulary. Its tables are read at the first count. */
export class VocabularyCounter implements TokenCounter {
  readonly name: VocabularyName;
  readonly vocabulary: TokenCounter = this;
  readonly factor = 1;
  readonly safetyFactor = 1;
  readonly correction = noCorrection;
  #loaded: Engine | undefined;
  readonly #memory = new TextMemory();
  readonly #progress: Unescaping = { at: 0, to: 0 };

  constructor(name: VocabularyName) {
    this.name = name;
  }

  count(text: string, tenant?: string): number {
    const engine = this.#engine;
    const memory = this.#memory;
    // Three bytes a unit always suffice; for a long text the exact size is worth a look.
    memory.reserve(text.length < inlineMaxBytes ? text.length * 3 : Buffer.byteLength(text));
    const { written } = encoder.encodeInto(text, memory.bytes);
    memory.end(written);
    return engine.countPart(engine.openScope(tenant), memory.bytes, memory.view, 0, written);
  }

  countSpans(body: Buffer, spans: readonly TextSpan[], tenant?: string): number {
    const scope = this.#engine.openScope(tenant);
    let total = 0;
    for (let first = 0; first < spans.length; ) {
      const end = groupEnd(spans, first);
      total += this.#countGroup(scope, body, spans, first, end);
      first = end;
    }
    return total;
  }

  countSpansPaced(
    body: Buffer,
    spans: readonly TextSpan[],
    options: PacedOptions = {},
  ): MaybePromise<number | undefined> {
    let bytes = 0;
    for (const span of spans) bytes += span.end - span.start;
    if (bytes <= inlineMaxBytes) return this.countSpans(body, spans, options.tenant);
    return countPaced(this.#engine, body, spans, options);
  }

  stream(tenant?: string): StreamCounter {
    return streamCounterOf(this, tenant);
  }

  get #engine(): Engine {
    this.#loaded ??= new Engine(this.name);
    return this.#loaded;
  }

  /** Spans from `first` to before `end`, which lie close together. */
  #countGroup(scope: number, body: Buffer, spans: readonly TextSpan[], first: number, end: number): number {
    const engine = this.#engine;
    const memory = this.#memory;
    const progress = this.#progress;
    const from = (spans[first] as TextSpan).start;
    const to = (spans[end - 1] as TextSpan).end;
    if (!isUtf8Between(body, from, to)) {
      const clean = asUtf8(body, spans.slice(first, end));
      return this.#countGroup(scope, clean.body, clean.spans, 0, end - first);
    }
    memory.reserve(to - from);
    body.copy(memory.bytes, 0, from, to);
    let total = 0;
    for (let i = first; i < end; i++) {
      const span = spans[i] as TextSpan;
      const start = span.start - from;
      let stop = span.end - from;
      if (span.escaped) {
        progress.at = start;
        progress.to = start;
        unescapeInPlace(memory.bytes, progress, stop, stop);
        stop = progress.to;
      }
      memory.end(stop);
      total += engine.countPart(scope, memory.bytes, memory.view, start, stop);
    }
    return total;
  }
}
