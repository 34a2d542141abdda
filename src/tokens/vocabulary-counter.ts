import { isUtf8 } from "node:buffer";
import { END_BYTE } from "./char-class.ts";
import type { Counter, StreamCounter, TextSpan } from "./counter.ts";
import { Engine, PADDING_BYTES } from "./engine.ts";
import { unescapeInPlace } from "./json-text.ts";
import { streamCounterOf } from "./stream-counter.ts";
import type { VocabularyName } from "./vocabulary.ts";

/** Size of the buffer that texts are copied into; a longer text's is given back after it. */
const KEPT_BYTES = 1 << 18;

const encoder = new TextEncoder();

/** Counts exactly by one vocabulary. Its tables are read at the first count. */
export class VocabularyCounter implements Counter {
  readonly name: VocabularyName;
  readonly safetyFactor = 1;
  private loaded: Engine | undefined;
  private bytes = new Uint8Array(0);
  private view = new DataView(this.bytes.buffer);

  constructor(name: VocabularyName) {
    this.name = name;
  }

  get engine(): Engine {
    this.loaded ??= new Engine(this.name);
    return this.loaded;
  }

  count(text: string): number {
    this.makeRoom(text.length * 3);
    const { written } = encoder.encodeInto(text, this.bytes);
    return this.countAt(0, written);
  }

  countSpans(body: Buffer, spans: readonly TextSpan[]): number {
    const first = spans[0];
    const last = spans[spans.length - 1];
    if (first === undefined || last === undefined) return 0;
    // Text that is no UTF-8 is counted as what any reader makes of it: with U+FFFD for each wrong byte.
    if (!isUtf8(body.subarray(first.start, last.end))) return this.countDecoded(body, spans);
    this.makeRoom(last.end - first.start);
    body.copy(this.bytes, 0, first.start, last.end);
    let total = 0;
    for (const span of spans) {
      const start = span.start - first.start;
      let end = span.end - first.start;
      if (span.escaped) end = unescapeInPlace(this.bytes, start, end);
      total += this.countAt(start, end);
    }
    return total;
  }

  stream(): StreamCounter {
    return streamCounterOf(this);
  }

  /** The byte behind the text is overwritten: in a body it is the closing quote, which belongs to no span. */
  private countAt(start: number, end: number): number {
    this.bytes[end] = END_BYTE;
    return this.engine.count(this.bytes, this.view, start, end);
  }

  private countDecoded(body: Buffer, spans: readonly TextSpan[]): number {
    let total = 0;
    for (const { start, end, escaped } of spans) {
      const text = Buffer.from(body.toString("utf8", start, end));
      total += this.countSpans(text, [{ start: 0, end: text.length, escaped }]);
    }
    return total;
  }

  private makeRoom(textBytes: number): void {
    const needed = textBytes + PADDING_BYTES;
    if (this.bytes.length >= needed && this.bytes.length <= KEPT_BYTES) return;
    this.bytes = new Uint8Array(Math.max(needed, KEPT_BYTES));
    this.view = new DataView(this.bytes.buffer);
  }
}
