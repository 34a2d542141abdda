import { charAt, charClass } from "./char-class.ts";

const { apostrophe, blank, textEnd, mark, newline, other, slash, space } = charClass;

/**
 * End of the piece at `start` by the alternatives that both patterns share, once it is neither a word nor a number:
 * ` ?[^\s\p{L}\p{N}]+[\r\n]*` (`withSlash`: `[\r\n/]*`), `\s*[\r\n]+`, `\s+(?!\S)`, `\s+`.
 */
export function tailEnd(bytes: Uint8Array, start: number, withSlash: boolean): number {
  const first = charAt(bytes, start);
  if (isSymbol(first & 15)) return symbolsEnd(bytes, start + (first >> 4), withSlash);
  if ((first & 15) === blank) {
    const second = charAt(bytes, start + 1);
    if (isSymbol(second & 15)) return symbolsEnd(bytes, start + 1 + (second >> 4), withSlash);
  }
  return spaceEnd(bytes, start);
}

function symbolsEnd(bytes: Uint8Array, from: number, withSlash: boolean): number {
  let at = from;
  let char = charAt(bytes, at);
  while (isSymbol(char & 15)) {
    at += char >> 4;
    char = charAt(bytes, at);
  }
  let byte = bytes[at];
  while (byte === 0x0a || byte === 0x0d || (withSlash && byte === 0x2f)) byte = bytes[++at];
  return at;
}

/** White space ends after its last line end; else it leaves its last character to what follows, unless nothing does or it has just one. */
function spaceEnd(bytes: Uint8Array, start: number): number {
  let at = start;
  let last = start;
  let lineEnd = 0;
  let char = charAt(bytes, at);
  for (let kind = char & 15; kind === blank || kind === newline || kind === space; kind = char & 15) {
    last = at;
    at += char >> 4;
    if (kind === newline) lineEnd = at;
    char = charAt(bytes, at);
  }
  if (lineEnd > 0) return lineEnd;
  return (char & 15) === textEnd || last === start ? at : last;
}

/** The patterns' `[^\s\p{L}\p{N}]`. */
function isSymbol(kind: number): boolean {
  return kind === other || kind === slash || kind === apostrophe || kind === mark;
}
