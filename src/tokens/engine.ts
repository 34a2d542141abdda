import { END_BYTE } from "./char-class.ts";
import { Merge } from "./merge.ts";
import { cl100kPieceEnd } from "./piece-cl100k.ts";
import { o200kPieceEnd } from "./piece-o200k.ts";
import { hashBytes, type Vocabulary, type VocabularyName } from "./vocabulary.ts";
import { readVocabulary } from "./vocabulary-file.ts";

type PieceEnd = (bytes: Uint8Array, start: number) => number;

const pieceEnds: Readonly<Record<VocabularyName, PieceEnd>> = {
  o200k_base: o200kPieceEnd,
  cl100k_base: cl100kPieceEnd,
};

/** Masks for the second word of a piece of 0 to 7 bytes, and (from 8 on) the two upper words of one of 8 to 15. */
const lowMask = Int32Array.of(0, 0xff, 0xffff, 0xffffff, -1, -1, -1, -1);
const highMask = Int32Array.of(0, 0, 0, 0, 0, 0xff, 0xffff, 0xffffff);

/** Bytes that the engine reads behind a text's end, the first of which is {@link END_BYTE}. */
export const PADDING_BYTES = 16;

const PIECE_MEMO_ENTRIES = 1 << 12;
const PIECE_MEMO_MASK = PIECE_MEMO_ENTRIES - 1;

/** Counts tokens of UTF-8 text by one vocabulary, exactly as the reference (`encode_ordinary` of tiktoken) does. */
export class Engine {
  readonly vocabulary: Vocabulary;
  private readonly pieceEnd: PieceEnd;
  private readonly merge: Merge;
  private readonly memoWords = new Int32Array(4 * PIECE_MEMO_ENTRIES);
  private readonly memoCounts = new Int32Array(PIECE_MEMO_ENTRIES);

  constructor(name: VocabularyName) {
    this.vocabulary = readVocabulary(name);
    this.pieceEnd = pieceEnds[name];
    this.merge = new Merge(this.vocabulary);
  }

  count(bytes: Uint8Array, view: DataView, start: number, end: number): number {
    const { short } = this.vocabulary;
    const mask = short.length / 2 - 1;
    const pieceEnd = this.pieceEnd;
    let total = 0;
    let at = start;
    while (at < end) {
      const from = at;
      at = pieceEnd(bytes, from);
      const length = at - from;
      if (length > 7) {
        total += this.countLong(bytes, view, from, at);
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
          total += this.countMiss(bytes, from, at, word0, word1, 0, 0);
          break;
        }
      }
    }
    return total;
  }

  private countLong(bytes: Uint8Array, view: DataView, from: number, to: number): number {
    const length = to - from;
    if (length > 15) return this.countMerged(bytes, from, to);
    const { long } = this.vocabulary;
    const mask = long.length / 4 - 1;
    const word0 = view.getInt32(from, true);
    const word1 = view.getInt32(from + 4, true);
    const word2 = view.getInt32(from + 8, true) & (lowMask[length - 8] as number);
    const word3 = (view.getInt32(from + 12, true) & (highMask[length - 8] as number)) | (length << 24);
    for (let slot = hashBytes(word0, word1, word2, word3) & mask; ; slot = (slot + 1) & mask) {
      const found = long[4 * slot + 3];
      if (found === 0) return this.countMiss(bytes, from, to, word0, word1, word2, word3);
      if (
        found === word3 &&
        long[4 * slot] === word0 &&
        long[4 * slot + 1] === word1 &&
        long[4 * slot + 2] === word2
      )
        return 1;
    }
  }

  private countMiss(
    bytes: Uint8Array,
    from: number,
    to: number,
    word0: number,
    word1: number,
    word2: number,
    word3: number,
  ): number {
    const memo = this.memoWords;
    const entry = hashBytes(word0, word1, word2, word3) & PIECE_MEMO_MASK;
    const at = 4 * entry;
    if (memo[at] === word0 && memo[at + 1] === word1 && memo[at + 2] === word2 && memo[at + 3] === word3) {
      const known = this.memoCounts[entry] as number;
      if (known > 0) return known;
    }
    const count = this.countMerged(bytes, from, to);
    memo[at] = word0;
    memo[at + 1] = word1;
    memo[at + 2] = word2;
    memo[at + 3] = word3;
    this.memoCounts[entry] = count;
    return count;
  }

  private countMerged(bytes: Uint8Array, from: number, to: number): number {
    this.merge.begin(bytes, from, to);
    this.merge.run(Number.MAX_SAFE_INTEGER);
    return this.merge.count;
  }
}
