import { BASE_SHIFT, hashPair, RANK_BITS, RANK_MASK, TOKEN, USED, type Vocabulary } from "./vocabulary.ts";

/** Entries of the memo of pairs. */
const PAIR_MEMO_ENTRIES = 1 << 14;
const PAIR_MEMO_MASK = PAIR_MEMO_ENTRIES - 1;
/** A token pushed to follow its equal, without trying longer ones first. */
const REPEATED = 1 << 30;
/** Shorter tokens repeat too cheaply to be worth looking ahead. */
const REPEATED_MIN_BYTES = 8;
/** The stack's and the dead ends' sizes between pieces; a longer piece's are given back after it. */
const KEPT_BYTES = 1 << 14;

/**
 * Byte-pair encoding of one piece, counted, in time linear in its length (after "rust-gems" `bpe`, github/rust-gems, MIT).
 *
 * Merging by rank has one result, and it is the one sequence of tokens in which each neighbouring pair is stable: encoded alone, the two
 * would stay as they are. So the piece is covered from the left with the longest token at each place, and where a pair is not stable the
 * next shorter token is tried, then the one before is taken back. A place that failed once is marked and never tried again.
 *
 * `begin` and `run` may be called in turns, so that no piece can hold the event loop.
 */
export class Merge {
  /** Tokens on the stack: after `run` returned true, the piece's count. */
  count = 0;
  private readonly vocabulary: Vocabulary;
  private readonly pairMemo = new Int32Array(2 * PAIR_MEMO_ENTRIES).fill(-1);
  private stack = new Int32Array(KEPT_BYTES);
  private alive = new Int32Array((KEPT_BYTES >>> 5) + 1);
  private bytes: Uint8Array = new Uint8Array(0);
  private start = 0;
  private end = 0;
  private position = 0;
  private candidate = -1;

  constructor(vocabulary: Vocabulary) {
    this.vocabulary = vocabulary;
  }

  /** Takes the piece from `start` to `end`, not empty. The bytes must not change until it is done. */
  begin(bytes: Uint8Array, start: number, end: number): void {
    const length = end - start;
    if (length >= this.stack.length || this.stack.length > KEPT_BYTES) this.resize(length);
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.position = 0;
    this.count = 0;
    this.candidate = this.longestMatch(start);
    const words = (length >>> 5) + 1;
    if (words > 8) this.alive.fill(-1, 0, words);
    else for (let i = 0; i < words; i++) this.alive[i] = -1;
  }

  /** Works for about `maxSteps` tokens tried; returns whether the piece is done. */
  run(maxSteps: number): boolean {
    const { alive, stack, vocabulary } = this;
    const { prefix, split } = vocabulary;
    const length = this.end - this.start;
    let { count, position, candidate } = this;
    let last = count > 0 ? (stack[count - 1] as number) & RANK_MASK : -1;
    for (let steps = maxSteps; candidate >= 0 && steps > 0; steps--) {
      const next = position + ((split[2 * candidate] as number) >>> RANK_BITS);
      const open = ((alive[next >>> 5] as number) >>> (next & 31)) & 1;
      if (open !== 0 && (last < 0 || this.isStable(last, candidate))) {
        stack[count++] = candidate;
        position = next;
        if (last === candidate) {
          const repeats = this.repeat(candidate, count, position);
          count += repeats;
          position += repeats * ((split[2 * candidate] as number) >>> RANK_BITS);
          steps -= repeats;
        }
        last = candidate;
        candidate = position < length ? this.longestMatch(this.start + position) : -1;
        continue;
      }
      const shorter = prefix[candidate] as number;
      if (shorter >= 0) {
        candidate = shorter;
        continue;
      }
      alive[position >>> 5] = (alive[position >>> 5] as number) & ~(1 << (position & 31));
      const taken = stack[--count] as number;
      candidate = taken & RANK_MASK;
      position -= (split[2 * candidate] as number) >>> RANK_BITS;
      last = count > 0 ? (stack[count - 1] as number) & RANK_MASK : -1;
      if ((taken & REPEATED) !== 0) candidate = this.longestMatch(this.start + position);
    }
    this.count = count;
    this.position = position;
    this.candidate = candidate;
    return candidate < 0;
  }

  /**
   * In a run of equal long tokens, pushes on while the text repeats: there the longest match is mostly refused, and refusing costs more
   * than comparing bytes. The result is the same, because only one sequence is stable. Returns how many were pushed.
   */
  private repeat(rank: number, count: number, position: number): number {
    const { alive, bytes, stack } = this;
    const size = (this.vocabulary.split[2 * rank] as number) >>> RANK_BITS;
    if (size < REPEATED_MIN_BYTES) return 0;
    let top = count;
    for (let next = position + size; this.start + next <= this.end; next += size) {
      if ((((alive[next >>> 5] as number) >>> (next & 31)) & 1) === 0) break;
      const to = this.start + next;
      let at = to - size;
      while (at < to && bytes[at] === bytes[at - size]) at++;
      if (at < to) break;
      stack[top++] = rank | REPEATED;
    }
    return top - count;
  }

  /** Rank of the longest token at `at`. There always is one: each byte is a token. */
  private longestMatch(at: number): number {
    const { units, tokenAt, rootBase } = this.vocabulary;
    const { bytes, end } = this;
    let base = rootBase;
    let best = 0;
    for (let i = at; i < end; i++) {
      const byte = bytes[i] as number;
      const slot = base ^ byte;
      const unit = units[slot] as number;
      if ((unit & 0x1ff) !== (byte | USED)) break;
      if ((unit & TOKEN) !== 0) best = slot;
      base = unit >>> BASE_SHIFT;
    }
    return (tokenAt[best] as number) & RANK_MASK;
  }

  private isStable(left: number, right: number): boolean {
    const memo = this.pairMemo;
    const hash = Math.imul(left, 0x9e3779b1) + Math.imul(right, 0xc2b2ae35);
    const at = ((hash ^ (hash >>> 15)) & PAIR_MEMO_MASK) << 1;
    if (memo[at] === left) {
      const entry = memo[at + 1] as number;
      if (entry >>> 1 === right) return (entry & 1) !== 0;
    }
    const stable = isStablePair(this.vocabulary, left, right);
    memo[at] = left;
    memo[at + 1] = (right << 1) | (stable ? 1 : 0);
    return stable;
  }

  private resize(length: number): void {
    const size = Math.max(KEPT_BYTES, length + 1);
    this.stack = new Int32Array(size);
    this.alive = new Int32Array((size >>> 5) + 1);
  }
}

/**
 * Whether two tokens, encoded as one text, stay these two: undoes their merges from the last backwards, and looks for a merge across the
 * border that would have come first.
 */
function isStablePair(vocabulary: Vocabulary, leftRank: number, rightRank: number): boolean {
  const { split, pairs, pairBits } = vocabulary;
  const bitShift = Math.clz32(pairBits.length * 32 - 1);
  const pairShift = Math.clz32(pairs.length - 1);
  const pairMask = pairs.length - 1;
  let left = leftRank;
  let right = rightRank;
  let limit = 0x7fffffff;
  for (;;) {
    const hash = hashPair(left, right);
    const bit = hash >>> bitShift;
    if ((((pairBits[bit >>> 5] as number) >>> (bit & 31)) & 1) !== 0) {
      for (let at = hash >>> pairShift; ; at = (at + 1) & pairMask) {
        const rank = (pairs[at] as number) - 1;
        if (rank < 0) break;
        if (((split[2 * rank] as number) & RANK_MASK) !== left || split[2 * rank + 1] !== right) continue;
        if (rank < limit) return false;
        break;
      }
    }
    if (left > right) {
      limit = left;
      left = split[2 * left + 1] as number;
      if (left !== limit) continue;
      limit = right + 1;
      right = (split[2 * right] as number) & RANK_MASK;
      if (right + 1 === limit) return true;
    } else {
      limit = right + 1;
      right = (split[2 * right] as number) & RANK_MASK;
      if (right + 1 !== limit) continue;
      limit = left;
      left = split[2 * left + 1] as number;
      if (left === limit) return true;
    }
  }
}
