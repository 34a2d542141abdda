/** Names the answer's header that says what of a request was said differently or left out. */
export const warningHeader = "x-tollgate-warning";

/** Longest warning, in characters. */
const warningCharsMax = 1_024;

/** What became of the client's fields, as far as it has room; field names are the client's own, so nothing but plain text leaves. */
export function warningOf(changes: readonly string[]): string {
  return changes
    .join(", ")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, warningCharsMax);
}
