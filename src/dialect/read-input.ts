import { invalid, readCount } from "./read-field.ts";
import type { RequestDraft } from "./request-draft.ts";

/**
 * Reads an input that is text, a list of texts, a list of token ids, or a list of such lists: token ids count as themselves.
 * Returns how many inputs there are.
 */
export function readInput(draft: RequestDraft, param: string): number {
  const { scan, text } = draft;
  if (scan.kind() !== "array") {
    text.value(scan);
    return 1;
  }
  let inputs = 0;
  let ids = 0;
  scan.enter();
  while (scan.nextItem()) {
    inputs += 1;
    switch (scan.kind()) {
      case "number":
        readId(draft, param);
        ids += 1;
        break;
      case "array":
        scan.enter();
        while (scan.nextItem()) readId(draft, param);
        break;
      default:
        text.value(scan);
    }
  }
  if (ids > 0 && ids < inputs) throw invalid(param, "mixes token ids with other inputs");
  return ids > 0 ? 1 : inputs;
}

function readId(draft: RequestDraft, param: string): void {
  readCount(draft.scan, `${param}[]`, 0, Number.MAX_SAFE_INTEGER);
  draft.otherTokens += 1;
}
