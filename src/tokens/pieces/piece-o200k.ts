import { byteClass, charAt, charClass } from "./char-class.ts";
import { contractionLength } from "./contraction.ts";
import { tailEnd } from "./piece-tail.ts";

const {
  apostrophe,
  blank,
  textEnd,
  letter,
  lower,
  mark,
  multibyte,
  newline,
  number,
  other,
  slash,
  space,
  upper,
} = charClass;
const classes = byteClass;

/**
 * End of the o200k_base piece that begins at `start`. The pattern (openai/tiktoken, `tiktoken_ext/openai_public.py`), first match wins:
 * `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?`
 * `[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?`
 * `\p{N}{1,3}`, ` ?[^\s\p{L}\p{N}]+[\r\n/]*`, `\s*[\r\n]+`, `\s+(?!\S)`, `\s+`.
 * ASCII is decided here, byte by byte; the first byte beyond it hands the whole piece to the general case.
 */
export function o200kPieceEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  let kind = classes[bytes[at] as number];
  if (kind !== lower && kind !== upper) {
    if (kind === multibyte) return generalEnd(bytes, start);
    if (kind === number) return numberEnd(bytes, start);
    const next = classes[bytes[start + 1] as number];
    if ((next !== lower && next !== upper) || kind === newline) return asciiTailEnd(bytes, start);
    kind = next;
    at++;
  }
  while (kind === upper) kind = classes[bytes[++at] as number];
  while (kind === lower) kind = classes[bytes[++at] as number];
  if (kind === apostrophe) return at + contractionLength(bytes, at);
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
    while (kind === newline || kind === slash) kind = classes[bytes[++at] as number];
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
  if (kind === number) return generalNumberEnd(bytes, second);
  if (kind >= upper && kind <= letter) return wordEnd(bytes, start);
  if (kind !== newline && kind !== textEnd) {
    const next = charAt(bytes, second) & 15;
    if (next >= upper && next <= mark) {
      if (kind !== mark) return wordEnd(bytes, second);
      // A mark may be the optional first character or a letter-like one: the pattern prefers the former, unless only the latter has lower case.
      const end = lowerWordEnd(bytes, second);
      return end > 0 ? end : wordEnd(bytes, start, second);
    }
  }
  if (kind === mark) return wordEnd(bytes, start);
  return tailEnd(bytes, start, true);
}

function generalNumberEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let digits = 1; digits < 3; digits++) {
    const char = charAt(bytes, at);
    if ((char & 15) !== number) break;
    at += char >> 4;
  }
  return at;
}

/** End of a word at `from` by the first alternative, else by the second at `fallback`. */
function wordEnd(bytes: Uint8Array, from: number, fallback = from): number {
  const end = lowerWordEnd(bytes, from);
  return end > 0 ? end : upperWordEnd(bytes, fallback);
}

/** `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+` and a contraction; -1 when there is no such word. */
function lowerWordEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  let lastUncased = -1;
  let char = charAt(bytes, at);
  for (let kind = char & 15; kind === upper || kind === letter || kind === mark; kind = char & 15) {
    at += char >> 4;
    if (kind !== upper) lastUncased = at;
    char = charAt(bytes, at);
  }
  if ((char & 15) !== lower) {
    // Backtrack: the second class needs one character, and the last it can have is the last letter without case.
    return lastUncased < 0 ? -1 : withContraction(bytes, lastUncased);
  }
  return withContraction(bytes, lowersEnd(bytes, at));
}

/** `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*` and a contraction, where the first alternative found nothing. */
function upperWordEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  let char = charAt(bytes, at);
  for (let kind = char & 15; kind === upper || kind === letter || kind === mark; kind = char & 15) {
    at += char >> 4;
    char = charAt(bytes, at);
  }
  return withContraction(bytes, lowersEnd(bytes, at));
}

function lowersEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  let char = charAt(bytes, at);
  for (let kind = char & 15; kind >= lower && kind <= mark; kind = char & 15) {
    at += char >> 4;
    char = charAt(bytes, at);
  }
  return at;
}

function withContraction(bytes: Uint8Array, at: number): number {
  return bytes[at] === 0x27 ? at + contractionLength(bytes, at) : at;
}
