/** The vocabularies that Tollgate can count with exactly. */
export type VocabularyName = "o200k_base" | "cl100k_base";

/**
 * One vocabulary, laid out for counting. Everything is flat integers: a lookup allocates nothing and follows no pointer.
 *
 * - `units`: the trie of all tokens as a double array. The child of a node with base `b` by byte `c` is in slot `b ^ c`, and is there
 *   only if the low 9 bits of that unit are `c | used`. Bit 9 says that a token ends there; the bits above are the node's own base.
 * - `tokenAt`: for a slot where a token ends, `rank | length << 18`.
 * - `split`: by rank twice, the ranks of the two tokens that merge into it, the left one as `rank | own length << 18`; a single byte is
 *   its own left and right.
 * - `prefix`: by rank, the longest other token that it begins with, or -1.
 * - `pairs`: hash table of ranks + 1, keyed by the ranks of the two parts; `pairBits` says fast that a pair is not in it.
 * - `short`, `long`: hash sets of the tokens of up to 7 and up to 15 bytes, as the bytes themselves, little-endian, the length on top.
 */
export interface Vocabulary {
  readonly name: VocabularyName;
  readonly rootBase: number;
  readonly units: Int32Array;
  readonly tokenAt: Int32Array;
  readonly split: Int32Array;
  readonly prefix: Int32Array;
  readonly pairs: Int32Array;
  readonly pairBits: Int32Array;
  readonly short: Int32Array;
  readonly long: Int32Array;
}

/** The numbers in these tables. Copied as constants where speed counts (see char-class.ts). */
export const vocabularyLayout = {
  /** Bit 8 of a unit. */
  used: 0x100,
  /** Bit 9 of a unit. */
  token: 0x200,
  baseShift: 10,
  rankBits: 18,
  rankMask: 0x3ffff,
} as const;

/** Hash of up to 15 bytes as four little-endian words, the length in the top byte of the last one used; callers mask it. */
export function hashBytes(word0: number, word1: number, word2: number, word3: number): number {
  const mixed =
    Math.imul(word0, 0x9e3779b1) ^
    Math.imul(word1, 0x85ebca6b) ^
    Math.imul(word2, 0xc2b2ae35) ^
    Math.imul(word3, 0x27d4eb2f);
  return mixed ^ (mixed >>> 15);
}

/** Hash of a pair of ranks; its high bits are the good ones. */
export function hashPair(left: number, right: number): number {
  return (Math.imul(left, 0x9e3779b1) + Math.imul(right, 0x85ebca6b)) | 0;
}
