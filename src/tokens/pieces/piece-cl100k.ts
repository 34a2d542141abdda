import { byteClass, charAt, charClass } from "./char-class.ts";
import { contractionLength } from "./contraction.ts";
import { tailEnd } from "./piece-tail.ts";

const { apostrophe, blank, textEnd, letter, lower, multibyte, newline, number, other, slash, space, upper } =
  charClass;
const classes = byteClass;

/**
 * End of the cl100k_base piece that begins at `start`. The pattern (openai/tiktoken, `tiktoken_ext/openai_public.py`), first match wins:
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)`, `[^\r\n\p{L}\p{N}]?\p{L}+`, `\p{N}{1,3}`, ` ?[^\s\p{L}\p{N}]+[\r\n]*`, `\s*[\r\n]+`, `\s+(?!\S)`, `\s+`.
 * ASCII is decided here, byte by byte; the first byte beyond it hands the whole piece to the general case.
 */
export function cl100kPieceEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  let kind = classes[bytes[at] as number];
  if (kind !== lower && kind !== upper) {
    if (kind === multibyte) return generalEnd(bytes, start);
    if (kind === number) return numberEnd(bytes, start);
    if (kind === apostrophe) {
      const contraction = contractionLength(bytes, start);
      if (contraction > 0) return start + contraction;
    }
    const next = classes[bytes[start + 1] as number];
    if ((next !== lower && next !== upper) || kind === newline) return asciiTailEnd(bytes, start);
    kind = next;
    at++;
  }
  while (kind === lower || kind === upper) kind = classes[bytes[++at] as number];
  return kind === multibyte ? generalEnd(bytes, start) : at;
}

function numberEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  let kind = classes[bytes[at] as number];
  if (kind === number) kind = classes[bytes[++at] as number];
  else return kind === multibyte ? generalEnd(bytes, start) : at;
  if (kind === number) return at + 1;
  return kind === multibyte ? generalEnd(bytes, start) : at;
}

/** Symbols or white space, not directly before an ASCII letter. */
function asciiTailEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  let kind = classes[bytes[at] as number];
  if (kind === blank) {
    const next = classes[bytes[at + 1] as number];
    if (next === other || next === slash || next === apostrophe) {
      at++;
      kind = next;
    }
  }
  if (kind === other || kind === slash || kind === apostrophe) {
    while (kind === other || kind === slash || kind === apostrophe) kind = classes[bytes[++at] as number];
    if (kind === multibyte) return generalEnd(bytes, start);
    while (kind === newline) kind = classes[bytes[++at] as number];
    return at;
  }
  let lineEnd = 0;
  while (kind === blank || kind === newline || kind === space) {
    at++;
    if (kind === newline) lineEnd = at;
    kind = classes[bytes[at] as number];
  }
  if (kind === multibyte) return generalEnd(bytes, start);
  if (lineEnd > 0) return lineEnd;
  return kind === textEnd || at - start === 1 ? at : at - 1;
}

/** The same for any characters. */
function generalEnd(bytes: Uint8Array, start: number): number {
  const first = charAt(bytes, start);
  const kind = first & 15;
  const second = start + (first >> 4);
  if (kind === apostrophe) {
    const contraction = contractionLength(bytes, start);
    if (contraction > 0) return start + contraction;
  }
  if (kind === number) return numbersEnd(bytes, second);
  if (kind >= upper && kind <= letter) return lettersEnd(bytes, second);
  if (kind !== newline && kind !== textEnd) {
    const next = charAt(bytes, second);
    if ((next & 15) >= upper && (next & 15) <= letter) return lettersEnd(bytes, second + (next >> 4));
  }
  return tailEnd(bytes, start, false);
}

function numbersEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let digits = 1; digits < 3; digits++) {
    const char = charAt(bytes, at);
    if ((char & 15) !== number) break;
    at += char >> 4;
  }
  return at;
}

function lettersEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  let char = charAt(bytes, at);
  for (let kind = char & 15; kind >= upper && kind <= letter; kind = char & 15) {
    at += char >> 4;
    char = charAt(bytes, at);
  }
  return at;
}
