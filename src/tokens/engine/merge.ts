import { hashPair, type Vocabulary, vocabularyLayout } from "./vocabulary.ts";

const { baseShift, rankBits, rankMask, token, used } = vocabularyLayout;

/** Entries of the memo of pairs. */
const pairMemoEntries = 1 << 14;
const pairMemoMask = pairMemoEntries - 1;
/** An entry of it has room for so many scopes beside a rank, a bit and a sign. */
export const scopesMax = (1 << (30 - rankBits)) - 1;
/** A token pushed to follow its equal, without trying longer ones first. */
const repeated = 1 << 30;
/** Shorter tokens repeat too cheaply to be worth looking ahead. */
const repeatedMinBytes = 8;
/** Sizes of the stack and of the marks that are kept between pieces; larger ones are given back by the next piece. */
const keptTokens = 1 << 12;
const keptBytes = 1 << 14;

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
  /** Tokens on the stack: after `run` returned true, the piece's tokens. */
  tokens = 0;
  readonly #vocabulary: Vocabulary;
  readonly #pairMemo = new Int32Array(2 * pairMemoEntries).fill(-1);
  #stack: Int32Array = new Int32Array(keptTokens);
  /** One bit a position: whether something may end there. */
  #alive = new Int32Array(keptBytes >>> 5);
  #bytes: Uint8Array = new Uint8Array(0);
  #scope = 0;
  #start = 0;
  #end = 0;
  #position = 0;
  #candidate = -1;

  constructor(vocabulary: Vocabulary) {
    this.#vocabulary = vocabulary;
  }

  /** Tokens of the piece from `start` to `end`; what the memo knows counts within a scope (1 to {@link scopesMax}) only. */
  count(scope: number, bytes: Uint8Array, start: number, end: number): number {
    this.begin(scope, bytes, start, end);
    this.run(Number.MAX_SAFE_INTEGER);
    return this.tokens;
  }

  /** Takes the piece from `start` to `end`, not empty. The bytes must not change until it is done. */
  begin(scope: number, bytes: Uint8Array, start: number, end: number): void {
    this.#scope = scope << rankBits;
    const words = ((end - start) >>> 5) + 1;
    if (this.#stack.length > keptTokens) this.#stack = new Int32Array(keptTokens);
    if (words > this.#alive.length || this.#alive.length > keptBytes >>> 5)
      this.#alive = new Int32Array(Math.max(words, keptBytes >>> 5));
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#position = 0;
    this.tokens = 0;
    this.#candidate = this.#longestMatch(start);
    if (words > 8) this.#alive.fill(-1, 0, words);
    else for (let i = 0; i < words; i++) this.#alive[i] = -1;
  }

  /** Works for about `maxSteps` tokens tried; returns whether the piece is done. */
  run(maxSteps: number): boolean {
    const alive = this.#alive;
    const { prefix, split } = this.#vocabulary;
    let stack = this.#stack;
    const length = this.#end - this.#start;
    let count = this.tokens;
    let position = this.#position;
    let candidate = this.#candidate;
    let last = count > 0 ? (stack[count - 1] as number) & rankMask : -1;
    for (let steps = maxSteps; candidate >= 0 && steps > 0; steps--) {
      const next = position + ((split[2 * candidate] as number) >>> rankBits);
      const open = ((alive[next >>> 5] as number) >>> (next & 31)) & 1;
      if (open !== 0 && (last < 0 || this.#isStable(last, candidate))) {
        if (count === stack.length) stack = this.#grow();
        stack[count++] = candidate;
        position = next;
        if (last === candidate) {
          const repeats = this.#repeat(candidate, count, position);
          stack = this.#stack;
          count += repeats;
          position += repeats * ((split[2 * candidate] as number) >>> rankBits);
          steps -= repeats;
        }
        last = candidate;
        candidate = position < length ? this.#longestMatch(this.#start + position) : -1;
        continue;
      }
      const shorter = prefix[candidate] as number;
      if (shorter >= 0) {
        candidate = shorter;
        continue;
      }
      alive[position >>> 5] = (alive[position >>> 5] as number) & ~(1 << (position & 31));
      const taken = stack[--count] as number;
      candidate = taken & rankMask;
      position -= (split[2 * candidate] as number) >>> rankBits;
      last = count > 0 ? (stack[count - 1] as number) & rankMask : -1;
      if ((taken & repeated) !== 0) candidate = this.#longestMatch(this.#start + position);
    }
    this.tokens = count;
    this.#position = position;
    this.#candidate = candidate;
    return candidate < 0;
  }

  /**
   * In a run of equal long tokens, pushes on while the text repeats: there the longest match is mostly refused, and refusing costs more
   * than comparing bytes. The result is the same, because only one sequence is stable. Returns how many were pushed.
   */
  #repeat(rank: number, count: number, position: number): number {
    const alive = this.#alive;
    const bytes = this.#bytes;
    let stack = this.#stack;
    const size = (this.#vocabulary.split[2 * rank] as number) >>> rankBits;
    if (size < repeatedMinBytes) return 0;
    let top = count;
    for (let next = position + size; this.#start + next <= this.#end; next += size) {
      if ((((alive[next >>> 5] as number) >>> (next & 31)) & 1) === 0) break;
      const to = this.#start + next;
      let at = to - size;
      while (at < to && bytes[at] === bytes[at - size]) at++;
      if (at < to) break;
      if (top === stack.length) stack = this.#grow();
      stack[top++] = rank | repeated;
    }
    return top - count;
  }

  /** Rank of the longest token at `at`. There always is one: each byte is a token. */
  #longestMatch(at: number): number {
    const { units, tokenAt, rootBase } = this.#vocabulary;
    const bytes = this.#bytes;
    const end = this.#end;
    let base = rootBase;
    let best = 0;
    for (let i = at; i < end; i++) {
      const byte = bytes[i] as number;
      const slot = base ^ byte;
      const unit = units[slot] as number;
      if ((unit & 0x1ff) !== (byte | used)) break;
      if ((unit & token) !== 0) best = slot;
      base = unit >>> baseShift;
    }
    return (tokenAt[best] as number) & rankMask;
  }

  #isStable(left: number, right: number): boolean {
    const memo = this.#pairMemo;
    const hash = Math.imul(left, 0x9e3779b1) + Math.imul(right, 0xc2b2ae35);
    const at = ((hash ^ (hash >>> 15)) & pairMemoMask) << 1;
    if (memo[at] === left) {
      const entry = memo[at + 1] as number;
      if (entry >>> 1 === (right | this.#scope)) return (entry & 1) !== 0;
    }
    const stable = isStablePair(this.#vocabulary, left, right);
    memo[at] = left;
    memo[at + 1] = ((right | this.#scope) << 1) | (stable ? 1 : 0);
    return stable;
  }

  /** Empties the memo: the numbers of scopes are given anew. */
  forget(): void {
    this.#pairMemo.fill(-1);
  }

  #grow(): Int32Array {
    const larger = new Int32Array(2 * this.#stack.length);
    larger.set(this.#stack);
    this.#stack = larger;
    return larger;
  }
}

/**
 * True if two tokens, encoded as one text, stay these two. Undoes their merges from the last backwards, and looks for a merge across the
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
        if (((split[2 * rank] as number) & rankMask) !== left || split[2 * rank + 1] !== right) continue;
        if (rank < limit) return false;
        break;
      }
    }
    if (left > right) {
      limit = left;
      left = split[2 * left + 1] as number;
      if (left !== limit) continue;
      limit = right + 1;
      right = (split[2 * right] as number) & rankMask;
      if (right + 1 === limit) return true;
    } else {
      limit = right + 1;
      right = (split[2 * right] as number) & rankMask;
      if (right + 1 !== limit) continue;
      limit = left;
      left = split[2 * left + 1] as number;
      if (left === limit) return true;
    }
  }
}
