/** Names the answer's header that says what of a request was said differently or left out. */
export const warningHeader = "x-tollgate-warning";

/** Longest warning, in characters. */
const warningCharsMax = 1_024;

/** The warning of changed fields, as far as it has room. Field names come from the client, so only plain text leaves. */
export function warningOf(changes: readonly string[]): string {
  return changes
    .join(", ")
    .replace(/[^\x20-\x7e]/g, "?")
    .slice(0, warningCharsMax);
}
