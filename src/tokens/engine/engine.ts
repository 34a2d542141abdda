import { cl100kPieceEnd } from "../pieces/piece-cl100k.ts";
import { o200kPieceEnd } from "../pieces/piece-o200k.ts";
import { Merge, scopesMax } from "./merge.ts";
import { hashBytes, type Vocabulary, type VocabularyName } from "./vocabulary.ts";
import { readVocabulary } from "./vocabulary-file.ts";

type PieceEnd = (bytes: Uint8Array, start: number) => number;

const pieceEnds: Readonly<Record<VocabularyName, PieceEnd>> = {
  o200k_base: o200kPieceEnd,
  cl100k_base: cl100kPieceEnd,
};

/** Bytes that the engine may read behind a text. The first is `endByte`, the others do not matter. */
export const paddingBytes = 16;

/** Entries of the memo of pieces that are no token: 1.25 MiB, and all that is kept of any text, 15 bytes each. */
const memoEntries = 1 << 16;
const memoMask = memoEntries - 1;
/** A memo entry's low bits are the count (at most 15), the others the scope it was counted in. */
const memoCountBits = 4;

/** Masks for the two words of a piece of 0 to 7 bytes, and for the two upper ones of a piece of 8 to 15. */
const lowMask = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1);
const highMask = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff);

/** Takes pieces that are too long to be merged in one go. */
export interface LongPieces {
  /** From how many bytes on. */
  readonly minBytes: number;
  add(start: number, end: number): void;
}

/**
 * Counts tokens of UTF-8 text by one vocabulary, exactly as the reference does (`encode_ordinary` of tiktoken): cuts the text into
 * pieces, looks each up whole, and merges those that are no token.
 *
 * Memos help within a scope, one tenant's texts or else a single text: an entry counts for nothing in another, so that nobody learns from times
 * what others wrote.
 */
export class Engine {
  /** Where the last count stopped: the end of its last piece. */
  stoppedAt = 0;
  readonly vocabulary: Vocabulary;
  readonly #pieceEnd: PieceEnd;
  readonly #merge: Merge;
  readonly #memoWords = new Int32Array(4 * memoEntries);
  readonly #memoCounts = new Int32Array(memoEntries);
  readonly #scopes = new Map<string, number>();
  #lastScope = 0;
  #scope = 0;

  constructor(name: VocabularyName) {
    this.vocabulary = readVocabulary(name);
    this.#pieceEnd = pieceEnds[name];
    this.#merge = new Merge(this.vocabulary);
  }

  /** The scope of memos that texts of `tenant` share, or a new one for a text of nobody known; the number is for {@link countPart}. */
  openScope(tenant: string | undefined): number {
    const known = tenant === undefined ? undefined : this.#scopes.get(tenant);
    if (known !== undefined) return known;
    if (this.#lastScope === scopesMax) this.#forget();
    this.#lastScope++;
    if (tenant !== undefined) this.#scopes.set(tenant, this.#lastScope);
    return this.#lastScope;
  }

  /** All numbers are used up: memos begin anew. */
  #forget(): void {
    this.#lastScope = 0;
    this.#scopes.clear();
    this.#memoCounts.fill(0);
    this.#merge.forget();
  }

  /**
   * Tokens of the pieces that begin from `start` on and before `stop`. The text goes on to its end, behind which is `endByte`; `view` is
   * of the same memory. Long pieces go to `long`, if it is given, and are not in the result.
   */
  countPart(
    scope: number,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    stop: number,
    long?: LongPieces,
  ): number {
    this.#scope = scope;
    const pieceEnd = this.#pieceEnd;
    const { short } = this.vocabulary;
    const mask = short.length / 2 - 1;
    let total = 0;
    let at = start;
    while (at < stop) {
      const from = at;
      at = pieceEnd(bytes, from);
      const length = at - from;
      if (length > 7) {
        total += this.#countLong(bytes, view, from, at, long);
        continue;
      }
      const word0 = view.getInt32(from, true) & (lowMask[length] as number);
      const word1 = (view.getInt32(from + 4, true) & (highMask[length] as number)) | (length << 24);
      for (let slot = hashBytes(word0, word1, 0, 0) & mask; ; slot = (slot + 1) & mask) {
        const found = short[2 * slot + 1];
        if (found === word1 && short[2 * slot] === word0) {
          total++;
          break;
        }
        if (found === 0) {
          total += this.#countMiss(bytes, from, at, word0, word1, 0, 0);
          break;
        }
      }
    }
    this.stoppedAt = at;
    return total;
  }

  /** A piece of 8 bytes or more. */
  #countLong(
    bytes: Uint8Array,
    view: DataView,
    from: number,
    to: number,
    long: LongPieces | undefined,
  ): number {
    const length = to - from;
    if (length > 15) {
      if (long === undefined || length < long.minBytes)
        return this.#merge.count(this.#scope, bytes, from, to);
      long.add(from, to);
      return 0;
    }
    const table = this.vocabulary.long;
    const mask = table.length / 4 - 1;
    const word0 = view.getInt32(from, true);
    const word1 = view.getInt32(from + 4, true);
    const word2 = view.getInt32(from + 8, true) & (lowMask[length - 8] as number);
    const word3 = (view.getInt32(from + 12, true) & (highMask[length - 8] as number)) | (length << 24);
    for (let slot = hashBytes(word0, word1, word2, word3) & mask; ; slot = (slot + 1) & mask) {
      const at = 4 * slot;
      const found = table[at + 3];
      if (found === 0) return this.#countMiss(bytes, from, to, word0, word1, word2, word3);
      if (found !== word3 || table[at + 2] !== word2 || table[at + 1] !== word1) continue;
      if (table[at] === word0) return 1;
    }
  }

  /** A piece of up to 15 bytes that is no token: remembered, as it tends to come again. */
  #countMiss(
    bytes: Uint8Array,
    from: number,
    to: number,
    word0: number,
    word1: number,
    word2: number,
    word3: number,
  ): number {
    const memoWords = this.#memoWords;
    const memoCounts = this.#memoCounts;
    const scope = this.#scope;
    const entry = hashBytes(word0, word1, word2, word3) & memoMask;
    const at = 4 * entry;
    const known = memoCounts[entry] as number;
    if (
      known >>> memoCountBits === scope &&
      memoWords[at] === word0 &&
      memoWords[at + 1] === word1 &&
      memoWords[at + 2] === word2 &&
      memoWords[at + 3] === word3
    ) {
      return known & ((1 << memoCountBits) - 1);
    }
    const count = this.#merge.count(scope, bytes, from, to);
    memoWords[at] = word0;
    memoWords[at + 1] = word1;
    memoWords[at + 2] = word2;
    memoWords[at + 3] = word3;
    memoCounts[entry] = (scope << memoCountBits) | count;
    return count;
  }
}
