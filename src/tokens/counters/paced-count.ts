import { setImmediate as nextTurn } from "node:timers/promises";
import type { Engine, LongPieces } from "../engine/engine.ts";
import { Merge } from "../engine/merge.ts";
import type { PacedOptions, TextSpan } from "./counter.ts";
import { type Unescaping, unescapeInPlace } from "./json-text.ts";
import { asUtf8, characterStart, groupEnd, isUtf8Between, TextMemory } from "./text-memory.ts";

/** How long the loop is held before others get their turn. */
const turnMs = 0.5;
/** What is done between two looks at the clock: a fraction of the turn, whatever the text is. */
const sliceBytes = 1 << 11;
const unescapedBytes = 1 << 16;
const copiedBytes = 1 << 18;
const mergeSteps = 1 << 10;
/**
 * What the engine sees of a text at once: it looks for the end of a piece in one go. A piece that is longer is cut, and the total may be off
 * by two tokens for each cut; no language has words of this size.
 */
const windowBytes = 1 << 20;
/** A window ends this much earlier where that cuts no piece. */
const safeCutBytes = 1 << 14;
/** Pieces from this size on are merged in turns of their own. Words are shorter. */
const longPieceMinBytes = 1 << 8;

/** Counts the spans in turns that leave the event loop free between them; undefined when the caller was over first. */
export async function countPaced(
  engine: Engine,
  body: Buffer,
  spans: readonly TextSpan[],
  { caller, tenant, stopAbove = Number.POSITIVE_INFINITY }: PacedOptions,
): Promise<number | undefined> {
  const count = new PacedCount(engine, body, spans, tenant);
  for (;;) {
    if (caller?.over) return undefined;
    const done = count.turn();
    if (done || count.total > stopAbove) return count.total;
    await nextTurn();
  }
}

/**
 * A count in steps. A slice always ends where a piece ends, with the text behind it in view, so slicing changes no count. Each has
 * memory of its own, since others count between its turns.
 */
class PacedCount implements LongPieces {
  total = 0;
  readonly minBytes = longPieceMinBytes;
  readonly #engine: Engine;
  readonly #scope: number;
  readonly #memory = new TextMemory();
  #body: Buffer;
  #spans: readonly TextSpan[];
  /** Of the group whose text is in memory: its end among the spans and where it begins in the body. */
  #groupEnd = 0;
  #groupStart = 0;
  /** Where copying the group goes on, and where it ends. */
  #copied = 0;
  #copyEnd = 0;
  #span = 0;
  #at = 0;
  #end = 0;
  /** Where the engine's view of the text ends, and the byte that stood there; -1 before the first view. */
  #windowEnd = 0;
  #cutByte = -1;
  readonly #unescaping: Unescaping = { at: 0, to: 0 };
  #unescapeEnd = 0;
  readonly #long: { readonly start: number; readonly end: number }[] = [];
  #merge: Merge | undefined;
  #isMerging = false;

  constructor(engine: Engine, body: Buffer, spans: readonly TextSpan[], tenant: string | undefined) {
    this.#engine = engine;
    this.#scope = engine.openScope(tenant);
    this.#body = body;
    this.#spans = spans;
  }

  /** Works for one turn; returns whether all is counted. */
  turn(): boolean {
    const until = performance.now() + turnMs;
    do {
      if (!this.#step()) return true;
    } while (performance.now() < until);
    return false;
  }

  add(start: number, end: number): void {
    this.#long.push({ start, end });
  }

  /** The next bit of work; false when there is none. */
  #step(): boolean {
    if (this.#isMerging || this.#long.length > 0) this.#mergeSome();
    else if (this.#unescaping.at < this.#unescapeEnd) this.#unescapeSome();
    else if (this.#at < this.#windowEnd) this.#countSome();
    else if (this.#windowEnd < this.#end) this.#moveWindow();
    else if (this.#copied < this.#copyEnd) this.#copySome();
    else if (this.#span < this.#groupEnd) this.#openSpan();
    else if (this.#span < this.#spans.length) this.#openGroup();
    else return false;
    return true;
  }

  #openGroup(): void {
    const first = this.#spans[this.#span] as TextSpan;
    this.#groupEnd = groupEnd(this.#spans, this.#span);
    const last = this.#spans[this.#groupEnd - 1] as TextSpan;
    this.#groupStart = first.start;
    this.#copied = first.start;
    this.#copyEnd = last.end;
    this.#memory.reserve(last.end - first.start);
  }

  #copySome(): void {
    const body = this.#body;
    const copied = this.#copied;
    const copyEnd = this.#copyEnd;
    const limit = Math.min(copied + copiedBytes, copyEnd);
    const stop = limit === copyEnd ? limit : characterStart(body, copied, limit);
    if (!isUtf8Between(body, copied, stop)) {
      this.#replaceBody();
      return;
    }
    body.copy(this.#memory.bytes, copied - this.#groupStart, copied, stop);
    this.#copied = stop;
  }

  /** Begins the group again in a body that is UTF-8. */
  #replaceBody(): void {
    ({ body: this.#body, spans: this.#spans } = asUtf8(this.#body, this.#spans.slice(this.#span)));
    this.#span = 0;
    this.#groupEnd = 0;
    this.#copied = 0;
    this.#copyEnd = 0;
  }

  #openSpan(): void {
    const span = this.#spans[this.#span++] as TextSpan;
    this.#at = span.start - this.#groupStart;
    this.#end = span.end - this.#groupStart;
    if (span.escaped) {
      this.#unescapeEnd = this.#end;
      this.#unescaping.at = this.#at;
      this.#unescaping.to = this.#at;
      this.#end = this.#at;
    }
    this.#windowEnd = this.#at;
    this.#cutByte = -1;
  }

  /** Shows the engine the next part of the text. */
  #moveWindow(): void {
    const { bytes } = this.#memory;
    if (this.#cutByte >= 0) bytes[this.#windowEnd] = this.#cutByte;
    this.#windowEnd = Math.min(this.#at + windowBytes, this.#end);
    if (this.#windowEnd < this.#end) this.#windowEnd = cutAt(bytes, this.#windowEnd);
    this.#cutByte = bytes[this.#windowEnd] as number;
    this.#memory.end(this.#windowEnd);
  }

  #unescapeSome(): void {
    const unescaping = this.#unescaping;
    const unescapeEnd = this.#unescapeEnd;
    const limit = Math.min(unescaping.at + unescapedBytes, unescapeEnd);
    unescapeInPlace(this.#memory.bytes, unescaping, limit, unescapeEnd);
    if (unescaping.at < unescapeEnd) return;
    this.#end = unescaping.to;
  }

  #countSome(): void {
    const engine = this.#engine;
    const memory = this.#memory;
    const stop = Math.min(this.#at + sliceBytes, this.#windowEnd);
    this.total += engine.countPart(this.#scope, memory.bytes, memory.view, this.#at, stop, this);
    this.#at = engine.stoppedAt;
  }

  #mergeSome(): void {
    this.#merge ??= new Merge(this.#engine.vocabulary);
    if (!this.#isMerging) {
      const piece = this.#long.pop();
      if (piece === undefined) return;
      this.#merge.begin(this.#scope, this.#memory.bytes, piece.start, piece.end);
      this.#isMerging = true;
    }
    if (!this.#merge.run(mergeSteps)) return;
    this.total += this.#merge.tokens;
    this.#isMerging = false;
  }
}

/** A place at or a little before `limit` where every pattern ends a piece: a space behind a letter or digit. Else the start of a character. */
function cutAt(bytes: Uint8Array, limit: number): number {
  for (let at = limit; at > limit - safeCutBytes; at--)
    if (bytes[at] === space && isLetterOrDigit(bytes[at - 1] as number)) return at;
  let at = limit;
  while (((bytes[at] as number) & 0xc0) === 0x80) at--;
  return at;
}

const space = 0x20;

function isLetterOrDigit(byte: number): boolean {
  const lower = byte | 0x20;
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x7a);
}
