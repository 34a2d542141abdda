import { CharClass, charAt } from "./char-class.ts";

const { APOSTROPHE, BLANK, END, MARK, NEWLINE, OTHER, SLASH, SPACE } = CharClass;

/**
 * End of the piece at `start` by the alternatives that both patterns share, once it is neither a word nor a number:
 * ` ?[^\s\p{L}\p{N}]+[\r\n]*` (with `slash`: `[\r\n/]*`), `\s*[\r\n]+`, `\s+(?!\S)`, `\s+`.
 */
export function tailEnd(bytes: Uint8Array, start: number, slash: boolean): number {
  const first = charAt(bytes, start);
  if (isSymbol(first & 15)) return symbolsEnd(bytes, start + (first >> 4), slash);
  if ((first & 15) === BLANK) {
    const second = charAt(bytes, start + 1);
    if (isSymbol(second & 15)) return symbolsEnd(bytes, start + 1 + (second >> 4), slash);
  }
  return spaceEnd(bytes, start);
}

function symbolsEnd(bytes: Uint8Array, from: number, slash: boolean): number {
  let at = from;
  let char = charAt(bytes, at);
  while (isSymbol(char & 15)) {
    at += char >> 4;
    char = charAt(bytes, at);
  }
  let byte = bytes[at];
  while (byte === 0x0a || byte === 0x0d || (slash && byte === 0x2f)) byte = bytes[++at];
  return at;
}

/** White space ends after its last line end; else it leaves its last character to what follows, unless nothing does or it has just one. */
function spaceEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  let last = start;
  let lineEnd = 0;
  let char = charAt(bytes, at);
  for (let kind = char & 15; kind === BLANK || kind === NEWLINE || kind === SPACE; kind = char & 15) {
    last = at;
    at += char >> 4;
    if (kind === NEWLINE) lineEnd = at;
    char = charAt(bytes, at);
  }
  if (lineEnd > 0) return lineEnd;
  return (char & 15) === END || last === start ? at : last;
}

/** The patterns' `[^\s\p{L}\p{N}]`. */
function isSymbol(kind: number): boolean {
  return kind === OTHER || kind === SLASH || kind === APOSTROPHE || kind === MARK;
}
