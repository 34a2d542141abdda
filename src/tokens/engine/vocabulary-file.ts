import { readFileSync } from "node:fs";
import { assetPath } from "../../core/asset.ts";
import { assert } from "../../core/errors.ts";
import { hashBytes, hashPair, type Vocabulary, type VocabularyName, vocabularyLayout } from "./vocabulary.ts";

const { baseShift, rankBits, rankMask, token, used } = vocabularyLayout;

/** "TGV1", the first word of a vocabulary file. */
const fileMagic = 0x31564754;
const headerWords = 6;
/** Longest token of either vocabulary. */
const longestTokenBytes = 128;
/** Longest token of the `long` table. */
const pieceMaxBytes = 15;

/**
 * Reads a vocabulary that scripts/build-vocabularies.mjs wrote: one read of at most 3 MB, then one pass over its tokens in the order of
 * their bytes. Takes tens of milliseconds and about 15 MiB, so callers keep the result.
 */
export function readVocabulary(name: VocabularyName): Vocabulary {
  return expand(name, readFileSync(assetPath(`assets/vocabularies/${name}.bin`)));
}

/** Columns of the file, one entry a token in the order of its bytes; `bases` has one a trie node with children. */
interface TokenColumns {
  readonly tokens: number;
  readonly slots: number;
  readonly rootBase: number;
  /** Low 16 bits of each token's rank and of its right part's; the bits above are in `highs`, 4 each. */
  readonly ranks: Uint16Array;
  readonly rights: Uint16Array;
  readonly highs: Uint8Array;
  readonly basesLow: Uint16Array;
  readonly basesHigh: Uint8Array;
  /** Number of bytes that a token shares with the one before. */
  readonly shared: Uint8Array;
  readonly lengths: Uint8Array;
  /** Length of the left part, 0 for a single byte. */
  readonly lefts: Uint8Array;
  /** The bytes of each token after the shared ones. */
  readonly suffixes: Uint8Array;
}

function columnsOf(file: Buffer): TokenColumns {
  const [magic, tokens = 0, slots = 0, rootBase = 0, inner = 0, suffixes = 0] = new Uint32Array(
    file.buffer,
    file.byteOffset,
    headerWords,
  );
  assert(magic === fileMagic, `${magic?.toString(16)} begins a vocabulary file`);
  let at = file.byteOffset + headerWords * 4;
  const words = (length: number) => {
    at += length * 2;
    return new Uint16Array(file.buffer, at - length * 2, length);
  };
  const bytes = (length: number) => {
    at += length;
    return new Uint8Array(file.buffer, at - length, length);
  };
  return {
    tokens,
    slots,
    rootBase,
    ranks: words(tokens),
    rights: words(tokens),
    basesLow: words(inner),
    basesHigh: bytes(inner),
    highs: bytes(tokens),
    shared: bytes(tokens),
    lengths: bytes(tokens),
    lefts: bytes(tokens),
    suffixes: bytes(suffixes),
  };
}

function expand(name: VocabularyName, file: Buffer): Vocabulary {
  const columns = columnsOf(file);
  const { tokens } = columns;
  const vocabulary: Vocabulary = {
    name,
    rootBase: columns.rootBase,
    units: new Int32Array(columns.slots),
    tokenAt: new Int32Array(columns.slots),
    split: new Int32Array(2 * tokens),
    prefix: new Int32Array(tokens),
    pairs: new Int32Array(tableSize(tokens)),
    pairBits: new Int32Array(tableSize(tokens) / 4),
    short: new Int32Array(2 * tableSize(tokens * 0.7)),
    long: new Int32Array(4 * tableSize(tokens * 0.32)),
  };
  addTokens(vocabulary, columns);
  addPairs(vocabulary);
  return vocabulary;
}

/** The power of two that leaves a hash table of so many entries a third free at least. */
function tableSize(entries: number): number {
  return 2 ** Math.ceil(Math.log2(entries * 1.5));
}

/** One pass in byte order: the path from the root to the token before is kept, so each trie node is met once. */
function addTokens(vocabulary: Vocabulary, columns: TokenColumns): void {
  const { units, tokenAt, split, prefix } = vocabulary;
  const { ranks, rights, highs, basesLow, basesHigh, shared, lengths, lefts, suffixes } = columns;
  const path = new DataView(new ArrayBuffer(longestTokenBytes + 16));
  // Keys are collected first: the loops that scatter them are so short that the processor waits for several cache misses at once.
  const shortKeys = new Int32Array(vocabulary.short.length);
  const longKeys = new Int32Array(vocabulary.long.length);
  let shorts = 0;
  let longs = 0;
  /** By depth: the base of the path's node, and the longest token that ends there or above. */
  const bases = new Int32Array(longestTokenBytes + 1).fill(columns.rootBase, 0, 1);
  const longest = new Int32Array(longestTokenBytes + 1).fill(-1);
  let suffixAt = 0;
  let innerAt = 0;
  for (let i = 0; i < columns.tokens; i++) {
    const length = lengths[i] as number;
    const high = highs[i] as number;
    const rank = (ranks[i] as number) | ((high & 15) << 16);
    let depth = shared[i] as number;
    for (;;) {
      const label = suffixes[suffixAt++] as number;
      path.setUint8(depth, label);
      const slot = (bases[depth++] as number) ^ label;
      if (depth === length) {
        const isLeaf = i + 1 === columns.tokens || (shared[i + 1] as number) < length;
        const base = isLeaf ? 0 : (basesLow[innerAt] as number) | ((basesHigh[innerAt++] as number) << 16);
        units[slot] = (base << baseShift) | token | used | label;
        tokenAt[slot] = rank;
        bases[depth] = base;
        break;
      }
      const base = (basesLow[innerAt] as number) | ((basesHigh[innerAt++] as number) << 16);
      units[slot] = (base << baseShift) | used | label;
      bases[depth] = base;
      longest[depth] = longest[depth - 1] as number;
    }
    prefix[rank] = longest[length - 1] as number;
    longest[length] = rank;
    const left = lefts[i] as number;
    // A left part is a token on the path, so it is the longest one that ends at its depth.
    split[2 * rank] = (left === 0 ? rank : (longest[left] as number)) | (length << rankBits);
    split[2 * rank + 1] = (rights[i] as number) | ((high >>> 4) << 16);
    if (length <= 7) {
      shortKeys[shorts++] = path.getInt32(0, true) & lowWordMask(length);
      shortKeys[shorts++] = (path.getInt32(4, true) & lowWordMask(length - 4)) | (length << 24);
    } else if (length <= pieceMaxBytes) {
      longKeys[longs++] = path.getInt32(0, true);
      longKeys[longs++] = path.getInt32(4, true);
      longKeys[longs++] = path.getInt32(8, true) & lowWordMask(length - 8);
      longKeys[longs++] = (path.getInt32(12, true) & lowWordMask(length - 12)) | (length << 24);
    }
  }
  scatterShort(vocabulary.short, shortKeys, shorts);
  scatterLong(vocabulary.long, longKeys, longs);
}

function addPairs({ split, pairs, pairBits }: Vocabulary): void {
  const bitShift = Math.clz32(pairBits.length * 32 - 1);
  const shift = Math.clz32(pairs.length - 1);
  const mask = pairs.length - 1;
  for (let rank = 0; 2 * rank < split.length; rank++) {
    const left = (split[2 * rank] as number) & rankMask;
    if (left === rank) continue;
    const hash = hashPair(left, split[2 * rank + 1] as number);
    const bit = hash >>> bitShift;
    pairBits[bit >>> 5] = (pairBits[bit >>> 5] as number) | (1 << (bit & 31));
    let at = hash >>> shift;
    while (pairs[at] !== 0) at = (at + 1) & mask;
    pairs[at] = rank + 1;
  }
}

function scatterShort(short: Int32Array, keys: Int32Array, length: number): void {
  const mask = short.length / 2 - 1;
  for (let i = 0; i < length; i += 2) {
    const word0 = keys[i] as number;
    const word1 = keys[i + 1] as number;
    let at = hashBytes(word0, word1, 0, 0) & mask;
    while (short[2 * at + 1] !== 0) at = (at + 1) & mask;
    short[2 * at] = word0;
    short[2 * at + 1] = word1;
  }
}

function scatterLong(long: Int32Array, keys: Int32Array, length: number): void {
  const mask = long.length / 4 - 1;
  for (let i = 0; i < length; i += 4) {
    const word0 = keys[i] as number;
    const word1 = keys[i + 1] as number;
    const word2 = keys[i + 2] as number;
    const word3 = keys[i + 3] as number;
    let at = hashBytes(word0, word1, word2, word3) & mask;
    while (long[4 * at + 3] !== 0) at = (at + 1) & mask;
    long[4 * at] = word0;
    long[4 * at + 1] = word1;
    long[4 * at + 2] = word2;
    long[4 * at + 3] = word3;
  }
}

/** Keeps so many bytes of a little-endian word. */
function lowWordMask(bytes: number): number {
  if (bytes >= 4) return -1;
  return bytes <= 0 ? 0 : (1 << (8 * bytes)) - 1;
}
