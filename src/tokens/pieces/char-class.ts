import { readFileSync } from "node:fs";
import { assetPath } from "../../core/asset.ts";

/**
 * Classes of characters, as far as the reference patterns tell them apart. The order matters: letters and marks are 1 to 4, white
 * space is 6 to 8. The same numbers are written by scripts/build-vocabularies.mjs. The modules that scan take them as constants of
 * their own, because V8 folds those into the code, and imported ones not.
 */
export const charClass = {
  other: 0,
  /** `Lu` and `Lt`. */
  upper: 1,
  lower: 2,
  /** `Lm` and `Lo`: letters without case. */
  letter: 3,
  mark: 4,
  number: 5,
  /** White space that is neither a blank nor a line end. */
  space: 6,
  blank: 7,
  /** Carriage return and line feed. */
  newline: 8,
  slash: 9,
  apostrophe: 10,
  /** In {@link byteClass} alone: a byte of a character beyond ASCII. */
  multibyte: 11,
  /** The byte after the text. */
  textEnd: 12,
} as const;

/** The byte after the text, which no UTF-8 text contains. It saves every bounds check in the pre-tokenizers. */
export const endByte = 0xff;

/** Class of each code point in Unicode 16, the version that the reference tokenizers split by; the runtime's own may be newer. */
export const codePointClass: Uint8Array = readClasses();

/** Class of each byte of UTF-8. */
export const byteClass: Uint8Array = codePointClass
  .slice(0, 256)
  .fill(charClass.multibyte, 0x80)
  .fill(charClass.textEnd, endByte);

/** The file is a list of ranges: first code point, last code point, class. */
function readClasses(): Uint8Array {
  const file = readFileSync(assetPath("assets/vocabularies/unicode_16.bin"));
  const classes = new Uint8Array(0x110000);
  for (let at = 8; at < file.length; at += 12) {
    classes.fill(file.readUInt32LE(at + 8), file.readUInt32LE(at), file.readUInt32LE(at + 4) + 1);
  }
  return classes;
}

/** Class and width in bytes of the character at `at`, as `class | width << 4`. The bytes are valid UTF-8 with {@link endByte} behind. */
export function charAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at] as number;
  if (lead < 0x80) return (codePointClass[lead] as number) | 0x10;
  const second = (bytes[at + 1] as number) & 0x3f;
  if (lead < 0xe0) return (codePointClass[((lead & 0x1f) << 6) | second] as number) | 0x20;
  if (lead === endByte) return charClass.textEnd | 0x10;
  const third = (bytes[at + 2] as number) & 0x3f;
  if (lead < 0xf0) return (codePointClass[((lead & 0x0f) << 12) | (second << 6) | third] as number) | 0x30;
  const fourth = (bytes[at + 3] as number) & 0x3f;
  return (codePointClass[((lead & 0x07) << 18) | (second << 12) | (third << 6) | fourth] as number) | 0x40;
}
