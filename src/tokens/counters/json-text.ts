const backslash = 0x5c;

/** The state of unescaping a text: what is read next, and where the result goes. */
export interface Unescaping {
  at: number;
  to: number;
}

/**
 * Replaces the escapes of a JSON string's inside by what they stand for, in place, from `progress.at` to `limit` or at most one escape
 * beyond; the string ends at `end`. The text only gets shorter. Half a surrogate pair becomes U+FFFD, as everywhere in UTF-8; of a
 * malformed escape the backslash is dropped.
 */
export function unescapeInPlace(bytes: Uint8Array, progress: Unescaping, limit: number, end: number): void {
  let { at, to } = progress;
  while (at < limit) {
    const byte = bytes[at++] as number;
    if (byte !== backslash || at === end) {
      bytes[to++] = byte;
      continue;
    }
    const escaped = bytes[at++] as number;
    let codePoint = escaped === 0x75 ? hexAt(bytes, at, end) : -1;
    if (codePoint < 0) {
      bytes[to++] = singleEscapes[escaped] as number;
      continue;
    }
    at += 4;
    if (codePoint >= 0xd800 && codePoint < 0xe000) {
      const low = bytes[at] === backslash && bytes[at + 1] === 0x75 ? hexAt(bytes, at + 2, end) : -1;
      if (codePoint < 0xdc00 && low >= 0xdc00 && low < 0xe000) {
        codePoint = 0x10000 + ((codePoint & 0x3ff) << 10) + (low & 0x3ff);
        at += 6;
      } else codePoint = 0xfffd;
    }
    to = writeUtf8(bytes, to, codePoint);
  }
  progress.at = at;
  progress.to = to;
}

/** The byte that each character after a backslash stands for: itself, except for `b f n r t`. */
const singleEscapes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
for (const [letter, char] of ["b\b", "f\f", "n\n", "r\r", "t\t"]) {
  singleEscapes[letter?.charCodeAt(0) ?? 0] = char?.charCodeAt(0) ?? 0;
}

/** Value of each hexadecimal digit, 0x80 for any other byte. */
const hexDigits = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = Number.parseInt(String.fromCharCode(byte), 16);
  return Number.isNaN(value) ? 0x80 : value;
});

/** The number of four hexadecimal digits at `at`, or -1. */
function hexAt(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  const first = hexDigits[bytes[at] as number] as number;
  const second = hexDigits[bytes[at + 1] as number] as number;
  const third = hexDigits[bytes[at + 2] as number] as number;
  const fourth = hexDigits[bytes[at + 3] as number] as number;
  if (((first | second | third | fourth) & 0x80) !== 0) return -1;
  return (first << 12) | (second << 8) | (third << 4) | fourth;
}

function writeUtf8(bytes: Uint8Array, start: number, codePoint: number): number {
  let at = start;
  if (codePoint < 0x80) {
    bytes[at++] = codePoint;
    return at;
  }
  if (codePoint < 0x800) bytes[at++] = 0xc0 | (codePoint >> 6);
  else {
    if (codePoint < 0x10000) bytes[at++] = 0xe0 | (codePoint >> 12);
    else {
      bytes[at++] = 0xf0 | (codePoint >> 18);
      bytes[at++] = 0x80 | ((codePoint >> 12) & 0x3f);
    }
    bytes[at++] = 0x80 | ((codePoint >> 6) & 0x3f);
  }
  bytes[at++] = 0x80 | (codePoint & 0x3f);
  return at;
}
