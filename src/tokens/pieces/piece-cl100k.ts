import { byteClass, CharClass, charAt } from "./char-class.ts";
import { contractionLength } from "./contraction.ts";
import { tailEnd } from "./piece-tail.ts";

const { APOSTROPHE, BLANK, END, LETTER, LOWER, MULTIBYTE, NEWLINE, NUMBER, OTHER, SLASH, SPACE, UPPER } =
  CharClass;
const classes = byteClass;

/**
 * End of the cl100k_base piece that begins at `start`. The pattern (openai/tiktoken, `tiktoken_ext/openai_public.py`), first match wins:
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)`, `[^\r\n\p{L}\p{N}]?\p{L}+`, `\p{N}{1,3}`, ` ?[^\s\p{L}\p{N}]+[\r\n]*`, `\s*[\r\n]+`, `\s+(?!\S)`, `\s+`.
 * ASCII is decided here, byte by byte; the first byte beyond it hands the whole piece to the general case.
 */
export function cl100kPieceEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  let kind = classes[bytes[at] as number];
  if (kind !== LOWER && kind !== UPPER) {
    if (kind === MULTIBYTE) return generalEnd(bytes, start);
    if (kind === NUMBER) return numberEnd(bytes, start);
    if (kind === APOSTROPHE) {
      const contraction = contractionLength(bytes, start);
      if (contraction > 0) return start + contraction;
    }
    const next = classes[bytes[start + 1] as number];
    if ((next !== LOWER && next !== UPPER) || kind === NEWLINE) return asciiTailEnd(bytes, start);
    kind = next;
    at++;
  }
  while (kind === LOWER || kind === UPPER) kind = classes[bytes[++at] as number];
  return kind === MULTIBYTE ? generalEnd(bytes, start) : at;
}

function numberEnd(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  let kind = classes[bytes[at] as number];
  if (kind === NUMBER) kind = classes[bytes[++at] as number];
  else return kind === MULTIBYTE ? generalEnd(bytes, start) : at;
  if (kind === NUMBER) return at + 1;
  return kind === MULTIBYTE ? generalEnd(bytes, start) : at;
}

/** Symbols or white space, not directly before an ASCII letter. */
function asciiTailEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  let kind = classes[bytes[at] as number];
  if (kind === BLANK) {
    const next = classes[bytes[at + 1] as number];
    if (next === OTHER || next === SLASH || next === APOSTROPHE) {
      at++;
      kind = next;
    }
  }
  if (kind === OTHER || kind === SLASH || kind === APOSTROPHE) {
    while (kind === OTHER || kind === SLASH || kind === APOSTROPHE) kind = classes[bytes[++at] as number];
    if (kind === MULTIBYTE) return generalEnd(bytes, start);
    while (kind === NEWLINE) kind = classes[bytes[++at] as number];
    return at;
  }
  let lineEnd = 0;
  while (kind === BLANK || kind === NEWLINE || kind === SPACE) {
    at++;
    if (kind === NEWLINE) lineEnd = at;
    kind = classes[bytes[at] as number];
  }
  if (kind === MULTIBYTE) return generalEnd(bytes, start);
  if (lineEnd > 0) return lineEnd;
  return kind === END || at - start === 1 ? at : at - 1;
}

/** The same for any characters. */
function generalEnd(bytes: Uint8Array, start: number): number {
  const first = charAt(bytes, start);
  const kind = first & 15;
  const second = start + (first >> 4);
  if (kind === APOSTROPHE) {
    const contraction = contractionLength(bytes, start);
    if (contraction > 0) return start + contraction;
  }
  if (kind === NUMBER) return numbersEnd(bytes, second);
  if (kind >= UPPER && kind <= LETTER) return lettersEnd(bytes, second);
  if (kind !== NEWLINE && kind !== END) {
    const next = charAt(bytes, second);
    if ((next & 15) >= UPPER && (next & 15) <= LETTER) return lettersEnd(bytes, second + (next >> 4));
  }
  return tailEnd(bytes, start, false);
}

function numbersEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let digits = 1; digits < 3; digits++) {
    const char = charAt(bytes, at);
    if ((char & 15) !== NUMBER) break;
    at += char >> 4;
  }
  return at;
}

function lettersEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  let char = charAt(bytes, at);
  for (let kind = char & 15; kind >= UPPER && kind <= LETTER; kind = char & 15) {
    at += char >> 4;
    char = charAt(bytes, at);
  }
  return at;
}
