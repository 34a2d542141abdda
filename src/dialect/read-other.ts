import type { RequestDraft } from "./request-draft.ts";

/** Reads a member whose key was just read and that this gateway does not know: unless it is named as free, its text may be billed, so it counts. */
export function readOther(draft: RequestDraft, unbilled: ReadonlySet<string>): void {
  const { scan, text } = draft;
  const key = scan.text();
  const kind = scan.kind();
  if (kind === "number" || kind === "boolean" || unbilled.has(key)) scan.skip();
  else text.value(scan);
}
