import { readFileSync } from "node:fs";
import { get_encoding } from "tiktoken";
import { assetPath } from "../../../src/core/asset.ts";
import type { VocabularyName } from "../../../src/tokens/engine/vocabulary.ts";

export const vocabularies: readonly VocabularyName[] = ["o200k_base", "cl100k_base"];

/** Counts as the reference does: tiktoken's own encoder. */
export function referenceOf(name: VocabularyName): (text: string) => number {
  const encoding = get_encoding(name);
  return (text) => encoding.encode_ordinary(text).length;
}

/**
 * Counts one long piece by byte-pair encoding with a heap of candidate merges, in n log n: where the reference itself would need minutes.
 * It shares nothing with the engine, not even its tables.
 */
export function heapMergeOf(name: VocabularyName): (piece: string) => number {
  const ranks = ranksOf(name);
  return (piece) => {
    const bytes = Buffer.from(piece).toString("latin1");
    const length = bytes.length;
    const next = Int32Array.from({ length }, (_, at) => at + 1);
    const previous = Int32Array.from({ length }, (_, at) => at - 1);
    const rankAt = (at: number) => {
      const second = next[at]!;
      return second >= length ? undefined : ranks.get(bytes.slice(at, next[second]));
    };
    const heap = new Heap();
    const offer = (at: number) => {
      const rank = rankAt(at);
      if (rank !== undefined) heap.push(rank * 2 ** 24 + at);
    };
    for (let at = 0; at < length; at++) offer(at);
    let count = length;
    const gone = new Uint8Array(length);
    for (let key = heap.pop(); key !== undefined; key = heap.pop()) {
      const at = key % 2 ** 24;
      if (gone[at] === 1 || rankAt(at) !== Math.floor(key / 2 ** 24)) continue;
      const second = next[at]!;
      gone[second] = 1;
      next[at] = next[second]!;
      if (next[at]! < length) previous[next[at]!] = at;
      count--;
      offer(at);
      if (previous[at]! >= 0) offer(previous[at]!);
    }
    return count;
  };
}

function ranksOf(name: VocabularyName): Map<string, number> {
  const source = readFileSync(assetPath(`node_modules/js-tiktoken/dist/ranks/${name}.js`), "utf8");
  const { bpe_ranks } = JSON.parse(source.slice(source.indexOf("{"), source.lastIndexOf("}") + 1));
  const ranks = new Map<string, number>();
  for (const line of (bpe_ranks as string).split("\n")) {
    const [, first, ...tokens] = line.split(" ");
    let rank = Number(first);
    for (const token of tokens) ranks.set(Buffer.from(token, "base64").toString("latin1"), rank++);
  }
  return ranks;
}

/** A binary heap of numbers, the smallest first. */
class Heap {
  readonly #items: number[] = [];

  push(item: number): void {
    const items = this.#items;
    let at = items.push(item) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && items[parent]! > item; parent = (at - 1) >> 1) {
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): number | undefined {
    const items = this.#items;
    const top = items[0];
    const item = items.pop();
    if (item === undefined || items.length === 0) return top;
    let at = 0;
    for (let child = 1; child < items.length; child = 2 * at + 1) {
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= item) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
    return top;
  }
}
