import type { RequestEdits, RequestFacts } from "../dialect.ts";
import { askForUsage, type StreamMarks } from "../openai-stream-options.ts";
import { spliceMembers } from "../splice-members.ts";

const capFields = ["max_tokens"];

/** Writes what differs for one target into a request for completions, and asks for usage in streams. */
export function spliceCompletions(body: Buffer, facts: RequestFacts, edits: RequestEdits): Buffer {
  const { request } = facts.marks as StreamMarks;
  return spliceMembers(body, request, facts, edits, capFields, (edit, inserted) =>
    askForUsage(body, facts, edit, inserted),
  );
}
