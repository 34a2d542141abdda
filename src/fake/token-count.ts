import { Tiktoken } from "js-tiktoken/lite";
import o200k from "js-tiktoken/ranks/o200k_base";

/** Text above this is counted by its length alone, so that no prompt stalls the provider. */
const exactMaxChars = 262_144;
/** js-tiktoken takes quadratic time for one piece: longer ones (a megabyte of one letter) are counted by their length. */
const pieceMaxChars = 256;
/** Bytes a token has on average in what is counted by its length. */
const bytesPerToken = 4;
/** Pieces whose count is remembered, in all. */
const memoMax = 50_000;

let encoder: Tiktoken | undefined;
const pattern = new RegExp(o200k.pat_str, "gu");
const memo = new Map<string, number>();

/** Builds the rank table (most of a second), so that the first request need not wait for it. */
export function prepareTokenCount(): void {
  encoder ??= new Tiktoken(o200k);
}

/** The o200k_base tokens of a text, special tokens read as plain text; by length where exactness would stall. */
export function countTokens(text: string): number {
  if (text.length > exactMaxChars) {
    return countTokens(text.slice(0, exactMaxChars)) + byLength(text.slice(exactMaxChars));
  }
  let total = 0;
  for (const [piece] of text.matchAll(pattern)) total += countPiece(piece);
  return total;
}

/** A text cut into its tokens; only for short ASCII texts, whose tokens are whole characters. */
export function splitTokens(text: string): readonly string[] {
  prepareTokenCount();
  return (encoder?.encode(text, [], []) ?? []).map((token) => encoder?.decode([token]) ?? "");
}

function countPiece(piece: string): number {
  if (piece.length > pieceMaxChars) return byLength(piece);
  const known = memo.get(piece);
  if (known !== undefined) return known;
  prepareTokenCount();
  const count = encoder?.encode(piece, [], []).length ?? 0;
  if (memo.size < memoMax) memo.set(piece, count);
  return count;
}

function byLength(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}
