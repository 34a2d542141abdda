import { endByte } from "./char-class.ts";

const lowerCaseBit = 0x20;

/**
 * Length in bytes of an English contraction (`'s 't 'm 'd 're 've 'll`, in any case) at the apostrophe at `at`, else 0. Cases fold as in
 * Unicode, so the long s (U+017F) is an s.
 */
export function contractionLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at + 1] as number;
  if (first === 0xc5) return bytes[at + 2] === 0xbf ? 3 : 0;
  if (first < 0x41 || first === endByte) return 0;
  switch (first | lowerCaseBit) {
    case 0x73: // s
    case 0x74: // t
    case 0x6d: // m
    case 0x64: // d
      return 2;
    case 0x72: // re
    case 0x76: // ve
      return ((bytes[at + 2] as number) | lowerCaseBit) === 0x65 ? 3 : 0;
    case 0x6c: // ll
      return ((bytes[at + 2] as number) | lowerCaseBit) === 0x6c ? 3 : 0;
    default:
      return 0;
  }
}
