import o200k from "js-tiktoken/ranks/o200k_base";

/** Text above this is counted by its length alone, so that no prompt stalls the provider. */
const exactMaxChars = 262_144;
/** Merging takes quadratic time: longer pieces (a megabyte of one letter) are counted by their length. */
const pieceMaxChars = 256;
/** Bytes a token has on average in what is counted by its length. */
const bytesPerToken = 4;
/** Pieces whose count is remembered, in all. */
const memoMax = 50_000;

/** Ranks of the tokens, by their bytes in base64. */
let ranks: ReadonlyMap<string, number> | undefined;
const pattern = new RegExp(o200k.pat_str, "gu");
const memo = new Map<string, number>();

/** Reads the rank table (a tenth of a second), so that the first request need not wait for it. */
export function prepareTokenCount(): void {
  ranks ??= readRanks();
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
  return [...text.matchAll(pattern)].flatMap(([piece]) => tokensOf(piece));
}

function countPiece(piece: string): number {
  if (piece.length > pieceMaxChars) return byLength(piece);
  const known = memo.get(piece);
  if (known !== undefined) return known;
  const count = tokensOf(piece).length;
  if (memo.size < memoMax) memo.set(piece, count);
  return count;
}

function byLength(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / bytesPerToken);
}

/** Byte-pair encoding of one piece: as long as two neighbours make a token, the two whose token has the lowest rank become one. */
function tokensOf(piece: string): readonly string[] {
  const bytes = Buffer.from(piece);
  if (rankOf(bytes) !== undefined) return [piece];
  /** Where each token begins, and the end. */
  const cuts = [...bytes.keys(), bytes.length];
  const pairRank = (at: number): number =>
    at + 2 < cuts.length ? (rankOf(bytes.subarray(cuts[at], cuts[at + 2])) ?? Infinity) : Infinity;
  const pairRanks = cuts.map((_, at) => pairRank(at));
  for (;;) {
    const lowest = indexOfLowest(pairRanks);
    if (pairRanks[lowest] === Infinity) break;
    cuts.splice(lowest + 1, 1);
    pairRanks.splice(lowest + 1, 1);
    pairRanks[lowest] = pairRank(lowest);
    if (lowest > 0) pairRanks[lowest - 1] = pairRank(lowest - 1);
  }
  return cuts.slice(1).map((end, index) => bytes.toString("utf8", cuts[index], end));
}

function indexOfLowest(values: readonly number[]): number {
  let lowest = 0;
  for (let at = 1; at < values.length; at++) if (Number(values[at]) < Number(values[lowest])) lowest = at;
  return lowest;
}

function rankOf(bytes: Buffer): number | undefined {
  ranks ??= readRanks();
  return ranks.get(bytes.toString("base64"));
}

/** The table as js-tiktoken ships it: lines of `! FIRST_RANK TOKEN TOKEN …`. Its own class decodes each token, which takes most of two seconds. */
function readRanks(): ReadonlyMap<string, number> {
  const table = new Map<string, number>();
  for (const line of o200k.bpe_ranks.split("\n")) {
    const [, first, ...tokens] = line.split(" ");
    for (const [index, token] of tokens.entries()) table.set(token, Number(first) + index);
  }
  return table;
}
