import type { RequestDraft } from "./request-draft.ts";

/** Reads OpenAI's `tool_choice`: one by name is said to the model, name and all; a word (`auto`, `required`, …) is not. */
export function readToolChoice(draft: RequestDraft): void {
  const { scan, text } = draft;
  if (scan.kind() !== "object") {
    scan.skip();
    return;
  }
  draft.toolChoices = 1;
  text.value(scan);
}
