import { charClass, codePointClass } from "./char-class.ts";

const { apostrophe, letter, mark, number, upper } = charClass;

/**
 * The last place in `text` where every pattern must end a piece whatever comes after the text, so that the counts of the two sides add
 * up exactly; 0 when there is none. On its left is a letter or a digit; on its right something that can neither go on nor join a word:
 * no letter, mark, number or apostrophe. Characters beyond the first plane are passed over.
 */
export function lastSafeCut(text: string): number {
  for (let at = text.length - 1; at > 0; at--) {
    if (!beginsPiece(text.charCodeAt(at))) continue;
    const left = text.charCodeAt(at - 1);
    if (isSurrogate(left)) continue;
    const kind = codePointClass[left] as number;
    if (kind === number || (kind >= upper && kind <= letter)) return at;
  }
  return 0;
}

function beginsPiece(unit: number): boolean {
  if (isSurrogate(unit)) return false;
  const kind = codePointClass[unit] as number;
  return (kind < upper || kind > mark) && kind !== number && kind !== apostrophe;
}

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}
