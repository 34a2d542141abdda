import { readFileSync } from "node:fs";
import { assetPath } from "../core/asset.ts";
import { assert } from "../core/errors.ts";
import {
  BASE_SHIFT,
  hashBytes,
  hashPair,
  RANK_BITS,
  TOKEN,
  USED,
  type Vocabulary,
  type VocabularyName,
} from "./vocabulary.ts";

/** "TGV1", the first word of a vocabulary file. */
const MAGIC = 0x31564754;
const HEADER_WORDS = 6;
/** Longest token of either vocabulary. */
const LONGEST_TOKEN_BYTES = 128;

/**
 * Reads a vocabulary that scripts/build-vocabularies.mjs wrote: one read of at most 3 MB, then one pass over its tokens in the order of
 * their bytes. Takes tens of milliseconds and about 15 MiB, so callers keep the result.
 */
export function readVocabulary(name: VocabularyName): Vocabulary {
  return expand(name, readFileSync(assetPath(`assets/vocabularies/${name}.bin`)));
}

/** Columns of the file, one entry a token in the order of its bytes; `bases` has one a trie node with children. */
interface Columns {
  readonly tokens: number;
  readonly slots: number;
  readonly rootBase: number;
  /** Low 16 bits of each token's rank and of its right part's; the bits above are in `highs`, 4 each. */
  readonly ranks: Uint16Array;
  readonly rights: Uint16Array;
  readonly highs: Uint8Array;
  readonly basesLow: Uint16Array;
  readonly basesHigh: Uint8Array;
  /** How many bytes a token has in common with the one before. */
  readonly shared: Uint8Array;
  readonly lengths: Uint8Array;
  /** Length of the left part, 0 for a single byte. */
  readonly lefts: Uint8Array;
  /** The bytes of each token after the shared ones. */
  readonly suffixes: Uint8Array;
}

function columnsOf(file: Buffer): Columns {
  const [magic, tokens = 0, slots = 0, rootBase = 0, inner = 0, suffixes = 0] = new Uint32Array(
    file.buffer,
    file.byteOffset,
    HEADER_WORDS,
  );
  assert(magic === MAGIC, `${MAGIC.toString(16)} begins a vocabulary file`);
  let at = file.byteOffset + HEADER_WORDS * 4;
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
  fill(vocabulary, columns);
  return vocabulary;
}

/** The power of two that leaves a hash table of so many entries a third free at least. */
function tableSize(entries: number): number {
  return 2 ** Math.ceil(Math.log2(entries * 1.5));
}

/** One pass in byte order: the path from the root to the token before is kept, so each trie node and each prefix is met once. */
function fill(vocabulary: Vocabulary, columns: Columns): void {
  const { units, tokenAt, split, prefix } = vocabulary;
  const path = new DataView(new ArrayBuffer(LONGEST_TOKEN_BYTES + 16));
  /** By depth: the base of the path's node, the token that ends there or -1, the longest token that ends there or above, or -1. */
  const bases = new Int32Array(LONGEST_TOKEN_BYTES + 1).fill(columns.rootBase, 0, 1);
  const ends = new Int32Array(LONGEST_TOKEN_BYTES + 1).fill(-1);
  const longest = new Int32Array(LONGEST_TOKEN_BYTES + 1).fill(-1);
  let suffixAt = 0;
  let innerAt = 0;
  for (let i = 0; i < columns.tokens; i++) {
    const length = columns.lengths[i] as number;
    const high = columns.highs[i] as number;
    const rank = (columns.ranks[i] as number) | ((high & 15) << 16);
    for (let depth = (columns.shared[i] as number) + 1; depth <= length; depth++) {
      const label = columns.suffixes[suffixAt++] as number;
      const slot = (bases[depth - 1] as number) ^ label;
      const hasChildren = depth < length || (columns.shared[i + 1] ?? 0) >= length;
      let base = 0;
      if (hasChildren) {
        base = (columns.basesLow[innerAt] as number) | ((columns.basesHigh[innerAt] as number) << 16);
        innerAt++;
      }
      const isToken = depth === length;
      units[slot] = (base << BASE_SHIFT) | (isToken ? TOKEN : 0) | USED | label;
      if (isToken) tokenAt[slot] = rank | (length << RANK_BITS);
      bases[depth] = base;
      ends[depth] = isToken ? rank : -1;
      longest[depth] = isToken ? rank : (longest[depth - 1] as number);
      path.setUint8(depth - 1, label);
    }
    const leftLength = columns.lefts[i] as number;
    const left = leftLength === 0 ? rank : (ends[leftLength] as number);
    const right = (columns.rights[i] as number) | ((high >>> 4) << 16);
    split[2 * rank] = left | (length << RANK_BITS);
    split[2 * rank + 1] = right;
    prefix[rank] = longest[length - 1] as number;
    if (leftLength > 0) addPair(vocabulary, left, right, rank);
    addPiece(vocabulary, path, length);
  }
}

function addPair({ pairs, pairBits }: Vocabulary, left: number, right: number, rank: number): void {
  const hash = hashPair(left, right);
  const bit = hash >>> Math.clz32(pairBits.length * 32 - 1);
  pairBits[bit >>> 5] = (pairBits[bit >>> 5] as number) | (1 << (bit & 31));
  let at = hash >>> Math.clz32(pairs.length - 1);
  while (pairs[at] !== 0) at = (at + 1) & (pairs.length - 1);
  pairs[at] = rank + 1;
}

function addPiece({ short, long }: Vocabulary, path: DataView, length: number): void {
  if (length > 15) return;
  const word0 = wordOf(path, 0, length);
  const word1 = wordOf(path, 4, length);
  if (length <= 7) {
    const top = word1 | (length << 24);
    const mask = short.length / 2 - 1;
    let at = hashBytes(word0, top, 0, 0) & mask;
    while (short[2 * at + 1] !== 0) at = (at + 1) & mask;
    short[2 * at] = word0;
    short[2 * at + 1] = top;
    return;
  }
  const word2 = wordOf(path, 8, length);
  const top = wordOf(path, 12, length) | (length << 24);
  const mask = long.length / 4 - 1;
  let at = hashBytes(word0, word1, word2, top) & mask;
  while (long[4 * at + 3] !== 0) at = (at + 1) & mask;
  long[4 * at] = word0;
  long[4 * at + 1] = word1;
  long[4 * at + 2] = word2;
  long[4 * at + 3] = top;
}

/** The four bytes at `at`, as far as the token goes. */
function wordOf(path: DataView, at: number, length: number): number {
  if (at >= length) return 0;
  const word = path.getInt32(at, true);
  return length - at >= 4 ? word : word & ((1 << (8 * (length - at))) - 1);
}
